// A workspace in a test's temporary folder with the sweep "s": two experiments, two worlds, two seeds.
#ifndef MRSN_ABLATIONS_TESTING_MADE_UP_SWEEP_H_
#define MRSN_ABLATIONS_TESTING_MADE_UP_SWEEP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "ablations/sweep.h"
#include "experiments/result.pb.h"

namespace mrsn::ablations {

class MadeUpSweep {
 public:
  // Below TEST_TMPDIR, in an empty folder named after the running test.
  MadeUpSweep();

  const std::string& root() const { return root_; }
  std::string results() const { return root_ + "/out/results"; }
  std::string recorded() const { return root_ + "/ablations/results/s.textproto"; }

  // Writes <root>/<name>.textproto.
  void Write(const std::string& name, const std::string& text) const;

  SweepRuns Runs() const;

  // As a run of committed code leaves it: half an hour of training by two processes and half an hour of
  // evaluation, data "data1" or "data2" after the label's world; the worlds differ in their ground truth.
  Result ResultOf(const std::string& label, uint64_t seed, double frame_map) const;
  // Writes the result to its place below results().
  void Leave(const Result& result) const;

 private:
  std::string root_;
};

}  // namespace mrsn::ablations

#endif  // MRSN_ABLATIONS_TESTING_MADE_UP_SWEEP_H_

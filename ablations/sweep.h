// From a sweep's file to the list of its runs; no LibTorch.
#ifndef MRSN_ABLATIONS_SWEEP_H_
#define MRSN_ABLATIONS_SWEEP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ablations/sweep.pb.h"
#include "absl/status/statusor.h"

namespace mrsn::ablations {

struct SweepRun {
  std::string experiment;
  std::string point;  // "width=64,depth=2", in the order of the axes; "" without axes
  std::string delta;  // the point's change of the experiment, in text format; "" = none
  uint64_t seed = 0;
  // Not asked for, but another run needs it: it writes a relation bank or gives the
  // initial backbone.
  bool input_only = false;
};

// <sweeps_root>/<name>.textproto, checked. Errors name file, line and field; an
// unknown name the nearest ones.
absl::StatusOr<Sweep> ReadSweep(const std::string& sweeps_root, const std::string& name);

// Every run once, after the runs it needs (an initial backbone is its experiment's
// seed-0 run, a relation bank is written by the run of the same seed). Seeds are the
// outermost loop: a sweep that is stopped has complete rows of its first seeds.
// `seeds` replaces the file's number. Every run's config is loaded: an error in one
// point is found before anything is trained. A point that changes the model of an
// experiment with a relation bank is refused, since the bank's writer lacks the change.
absl::StatusOr<std::vector<SweepRun>> ExpandSweep(const Sweep& sweep, const std::string& configs_root,
                                                  std::optional<int> seeds = std::nullopt);

}  // namespace mrsn::ablations

#endif  // MRSN_ABLATIONS_SWEEP_H_

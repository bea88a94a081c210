// The runs of a folder of results with AP in each draw of rooms, computed when they are asked for.
#ifndef MRSN_EXPERIMENTS_EVIDENCE_SCORED_RUNS_H_
#define MRSN_EXPERIMENTS_EVIDENCE_SCORED_RUNS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/evidence/contrast_statistics.h"
#include "experiments/result.pb.h"
#include "experiments/tables/table_results.h"

namespace mrsn::experiments {

struct RunValues {
  std::vector<std::string> rooms;  // those that take part, by name
  // kAllClasses: the frame-mAP; a kind: mean AP over its classes.
  std::map<std::string, DrawnValue> measures;
};

class ScoredRuns {
 public:
  struct Options {
    int draws = 2000;
    uint64_t seed = 1;
    int num_threads = 0;  // 0 = the machine's; does not change the result
  };

  // `results` is a folder as runs leave it, <output_root>/results. Errors of ReadAllMeasurements.
  static absl::StatusOr<ScoredRuns> Open(const std::string& results, const Options& options);

  // By seed. Null if the experiment has no results.
  const std::vector<Result>* Find(const std::string& experiment) const;
  // Of all experiments whose names begin with `prefix`, in the order of their names.
  std::vector<const Result*> BeginningWith(const std::string& prefix) const;

  // The values of one run, which exists. Runs of one world have the same draws of rooms if they have the same
  // rooms; runs of different worlds have independent ones. Errors of FindScoredFiles and LoadScored.
  absl::StatusOr<const RunValues*> Values(const std::string& experiment, uint64_t run_seed, int world);

 private:
  ScoredRuns() = default;

  Options options_;
  std::map<std::string, Measurements> measured_;
  std::map<std::pair<std::string, uint64_t>, std::unique_ptr<RunValues>> values_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_EVIDENCE_SCORED_RUNS_H_

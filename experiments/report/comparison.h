// Compares results of one evaluation: differences of frame-mAP and AP, with a paired bootstrap over videos.
//
//   MRSN_ASSIGN_OR_RETURN(const ResultComparison comparison,
//                         CompareResults({"main/seed0.textproto", "mine/seed0.textproto"}, {}));
//   comparison.with_baseline[0].frame_map.difference;  // mine - main
#ifndef MRSN_EXPERIMENTS_REPORT_COMPARISON_H_
#define MRSN_EXPERIMENTS_REPORT_COMPARISON_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "eval/analysis/bootstrap.h"
#include "eval/analysis/compare.h"
#include "experiments/result.pb.h"

namespace mrsn::experiments {

struct ComparedResult {
  std::string name;  // "micro/acre seed 0"; with the path where two have the same name
  std::string path;
  Result result;
};

struct ResultComparison {
  std::vector<ComparedResult> results;          // at least two; the first one is the baseline
  std::vector<eval::Comparison> with_baseline;  // of results[1], results[2], ..: AP of the result - baseline
};

// Each path is that of one result, seed<k>.textproto. InvalidArgument, naming the difference, for results of
// another protocol, IoU threshold, data or classes (CheckSameEvaluation); DataLoss if the files give another
// frame-mAP than the result says; the errors of FindScoredFiles (scored_files.h) and of reading.
absl::StatusOr<ResultComparison> CompareResults(const std::vector<std::string>& paths,
                                                const eval::BootstrapOptions& options);

// The results whose frame-mAP is lower than the baseline's by more than `points` (in percent of mAP, >= 0),
// and whose interval lies below 0 as a whole: one sentence each. A result without a value is among them.
std::vector<std::string> WorseBy(const ResultComparison& comparison, double points);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_COMPARISON_H_

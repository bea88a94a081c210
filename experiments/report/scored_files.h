// The detections that a result was measured on.
#ifndef MRSN_EXPERIMENTS_REPORT_SCORED_FILES_H_
#define MRSN_EXPERIMENTS_REPORT_SCORED_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "eval/frame_map.h"
#include "experiments/result.pb.h"

namespace mrsn::experiments {

struct ScoredFiles {
  std::string detections, ground_truth;
};

// Detections and ground truth of a result: `seed<k>.detections.csv` and `seed<k>.groundtruth.csv` beside it,
// as //experiments:evaluate writes them, or `detections.csv` and `groundtruth.csv` in the folder of the run.
// `result_path` is the result's own file, "" if it has none. `runs_root` is the folder of runs; "" = runs/
// beside results/. NotFound names all places.
absl::StatusOr<ScoredFiles> FindScoredFiles(const std::string& result_path, const Result& result,
                                            const std::string& runs_root = "");

// The rows of `files` under the result's protocol, IoU threshold and classes. DataLoss if they give another
// frame-mAP than the result says; the errors of reading. `shown` names the result in errors.
absl::StatusOr<eval::FrameMapEvaluator> LoadScored(const ScoredFiles& files, const Result& result,
                                                   const std::string& shown, int threads);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_SCORED_FILES_H_

// Curves of the trainings, from the logs of the runs.
#ifndef MRSN_EXPERIMENTS_REPORT_TRAINING_SECTION_H_
#define MRSN_EXPERIMENTS_REPORT_TRAINING_SECTION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/report/document.h"
#include "experiments/report/figures.h"
#include "experiments/report/result_set.h"

namespace mrsn::experiments {

// A train.jsonl (experiments/engine/training_log.h): (iteration, value).
struct TrainingCurves {
  std::vector<std::pair<double, double>> loss, learning_rate, clips_per_second, gradient_norm;
  std::vector<std::pair<double, double>> validation;  // percent
};

// InvalidArgument, with file and line, if a line is no JSON object of that form. A last line without its end,
// as a crash leaves it, is left out.
absl::StatusOr<TrainingCurves> ReadTrainingLog(const std::string& path);

// Each point becomes the mean of the `window` points up to it.
std::vector<std::pair<double, double>> Smoothed(const std::vector<std::pair<double, double>>& points,
                                                int window);

// Loss, gradient norm, rate and validation of the first run of each experiment whose folder is below
// `runs_root`. No blocks if there is none. The validations of the results are shown without any folder.
absl::StatusOr<Section> TrainingSection(const ResultSet& results, const std::string& runs_root);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_TRAINING_SECTION_H_

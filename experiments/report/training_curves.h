// The curves of a training, from its log.
#ifndef MRSN_EXPERIMENTS_REPORT_TRAINING_CURVES_H_
#define MRSN_EXPERIMENTS_REPORT_TRAINING_CURVES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace mrsn::experiments {

// A train.jsonl (experiments/engine/training_log.h): (iteration, value).
struct TrainingCurves {
  std::vector<std::pair<double, double>> loss, learning_rate, clips_per_second, gradient_norm;
  std::vector<std::pair<double, double>> validation;  // percent
};

// InvalidArgument, with file and line, if a line is no JSON object of that form. A last line without its end,
// as a crash leaves it, is left out.
absl::StatusOr<TrainingCurves> ReadTrainingLog(const std::string& path);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_TRAINING_CURVES_H_

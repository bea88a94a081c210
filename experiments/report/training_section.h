// Curves of the trainings, from the logs of the runs.
#ifndef MRSN_EXPERIMENTS_REPORT_TRAINING_SECTION_H_
#define MRSN_EXPERIMENTS_REPORT_TRAINING_SECTION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/report/document.h"
#include "experiments/report/figures.h"
#include "experiments/report/result_set.h"
#include "experiments/report/training_curves.h"

namespace mrsn::experiments {

// Each point becomes the mean of the `window` points up to it.
std::vector<std::pair<double, double>> Smoothed(const std::vector<std::pair<double, double>>& points,
                                                int window);

// Loss, gradient norm, rate and validation of the first run of each experiment whose folder is below
// `runs_root`. No blocks if there is none. The validations of the results are shown without any folder.
absl::StatusOr<Section> TrainingSection(const ResultSet& results, const std::string& runs_root);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_TRAINING_SECTION_H_

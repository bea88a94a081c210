// How programs are told which experiment they are about.
#ifndef MRSN_EXPERIMENTS_PROGRAMS_EXPERIMENT_FLAG_H_
#define MRSN_EXPERIMENTS_PROGRAMS_EXPERIMENT_FLAG_H_

#include <string>

#include "absl/status/statusor.h"

namespace mrsn::experiments {

// What LoadExperiment is to be asked for: --experiment is a name of the tree, --config a file of the user's,
// as the user sees it. A wrong usage unless exactly one of them is set, and the file's name ends in
// .textproto.
absl::StatusOr<std::string> ExperimentFlag(const std::string& experiment, const std::string& config);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_PROGRAMS_EXPERIMENT_FLAG_H_

#include "experiments/programs/experiment_flag.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ops/base/file.h"
#include "ops/base/program.h"

namespace mrsn::experiments {

absl::StatusOr<std::string> ExperimentFlag(const std::string& experiment, const std::string& config) {
  if (experiment.empty() == config.empty()) {
    return WrongUsage(experiment.empty() ? "set --experiment or --config"
                                         : "--experiment and --config are both set");
  }
  if (config.empty()) {
    if (!absl::StartsWith(experiment, "/")) return experiment;
    return WrongUsage(absl::StrCat("--experiment=", experiment, " is a path; --config takes files"));
  }
  if (!absl::EndsWith(config, ".textproto")) {
    return WrongUsage(absl::StrCat("--config=", config, "; allowed: a file <name>.textproto"));
  }
  return std::filesystem::absolute(UserPath(config)).lexically_normal().string();
}

}  // namespace mrsn::experiments

#include "experiments/run/run_settings.h"

#include "absl/strings/str_cat.h"
#include "experiments/provenance.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {

RunSettings DefaultSettings(const std::string& output_root) {
  RunSettings settings;
  settings.configs_root = DataFilesRoot() + "/experiments/configs";
  settings.checkpoints_root = DataFilesRoot() + "/experiments/checkpoints";
  settings.output_root = output_root.empty() ? DefaultOutputRoot() : UserPath(output_root);
  return settings;
}

std::string ResultPath(const std::string& output_root, const std::string& label, uint64_t seed) {
  return absl::StrCat(output_root, "/results/", label, "/seed", seed, ".textproto");
}

}  // namespace mrsn::experiments

#include "experiments/report/run_folders.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "mrsn/checkpoint/checkpoint_of_file.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
absl::StatusOr<std::string> RunFolderOf(const std::string& runs_root, const Result& result) {
  std::vector<std::string> folders;
  std::error_code error;
  const std::string prefix = absl::StrCat("seed", result.seed(), "-");
  for (const auto& entry :
       std::filesystem::directory_iterator(absl::StrCat(runs_root, "/", result.experiment()), error)) {
    if (absl::StartsWith(entry.path().filename().string(), prefix)) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const std::string& folder : folders) {
    const std::string weights = folder + "/weights.safetensors";
    if (!FileExists(weights)) continue;
    MRSN_ASSIGN_OR_RETURN(const std::optional<Checkpoint> about, ReadCheckpointOfFile(weights));
    if (about.has_value() && about->has_weights_hash() && about->weights_hash() == result.weights_hash()) {
      return folder;
    }
  }
  return std::string();
}

}  // namespace mrsn::experiments

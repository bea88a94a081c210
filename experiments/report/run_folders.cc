#include "experiments/report/run_folders.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "mrsn/checkpoint/byte_source.h"
#include "mrsn/checkpoint/checkpoint_metadata.h"
#include "mrsn/checkpoint/safetensors_header.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// "" for a file of another program.
absl::StatusOr<std::string> HashOfWeights(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const ByteSource file, ByteSource::Open(path));
  MRSN_ASSIGN_OR_RETURN(const SafetensorsHeader header, ReadSafetensorsHeader(file));
  if (!HasCheckpointMetadata(header.metadata)) return std::string();
  MRSN_ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadCheckpointMetadata(header.metadata, path));
  return checkpoint.weights_hash();
}

}  // namespace

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
    MRSN_ASSIGN_OR_RETURN(const std::string hash, HashOfWeights(weights));
    if (!hash.empty() && hash == result.weights_hash()) return folder;
  }
  return std::string();
}

}  // namespace mrsn::experiments

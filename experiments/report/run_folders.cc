#include "experiments/report/run_folders.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/config/text_proto.h"
#include "mrsn/checkpoint/checkpoint.pb.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// The hash of the weights, from the header of the file: eight bytes of its length, then JSON.
absl::StatusOr<std::string> HashOfWeights(const std::string& path) {
  constexpr uint64_t kLargestHeader = 100'000'000;
  const auto invalid = [&](const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
  };
  std::ifstream file(path, std::ios::binary);
  unsigned char length_bytes[8];
  if (!file.read(reinterpret_cast<char*>(length_bytes), sizeof length_bytes))
    return invalid("cannot be read");
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | length_bytes[i];
  if (length > kLargestHeader) return invalid("is no safetensors file");
  std::string header(length, '\0');
  if (!file.read(header.data(), static_cast<std::streamsize>(length))) return invalid("is cut off");
  const auto json = nlohmann::json::parse(header, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return invalid("is no safetensors file");
  const auto metadata = json.find("__metadata__");
  if (metadata == json.end() || !metadata->is_object()) return std::string();
  const auto about = metadata->find("mrsn.checkpoint");
  if (about == metadata->end() || !about->is_string()) return std::string();
  Checkpoint checkpoint;
  MRSN_RETURN_IF_ERROR(ParseTextProto(about->get<std::string>(), path, &checkpoint));
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

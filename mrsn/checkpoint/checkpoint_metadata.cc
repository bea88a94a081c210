#include "mrsn/checkpoint/checkpoint_metadata.h"

#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"
#include "ops/base/parse_text.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

constexpr char kKey[] = "mrsn.checkpoint";
constexpr size_t kShownDigits = 12;

}  // namespace

std::map<std::string, std::string> CheckpointMetadata(const Checkpoint& checkpoint) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(checkpoint, &text);
  return {{kKey, text}};
}

bool HasCheckpointMetadata(const std::map<std::string, std::string>& metadata) {
  return metadata.count(kKey) > 0;
}

absl::StatusOr<Checkpoint> ReadCheckpointMetadata(const std::map<std::string, std::string>& metadata,
                                                  const std::string& origin) {
  const auto found = metadata.find(kKey);
  if (found == metadata.end()) {
    return absl::DataLossError(
        absl::StrCat(origin, ": its metadata lacks '", kKey, "': not a checkpoint written by this version"));
  }
  Checkpoint checkpoint;
  MRSN_RETURN_IF_ERROR(
      ParseText(found->second, absl::StrCat(origin, ": metadata '", kKey, "'"), &checkpoint));
  return checkpoint;
}

absl::Status CheckWeightsHash(const Checkpoint& checkpoint, const std::string& hash,
                              const std::string& origin) {
  if (!checkpoint.has_weights_hash() || checkpoint.weights_hash() == hash) return absl::OkStatus();
  const auto shown = [](const std::string& hash) { return hash.substr(0, kShownDigits); };
  return absl::DataLossError(absl::StrCat(origin, ": its weights have the hash ", shown(hash),
                                          ", its metadata say ", shown(checkpoint.weights_hash())));
}

}  // namespace mrsn

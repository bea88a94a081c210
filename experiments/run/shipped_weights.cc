#include "experiments/run/shipped_weights.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "mrsn/checkpoint/checkpoint_metadata.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {

absl::StatusOr<std::optional<ShippedWeights>> FindShippedWeights(const std::string& checkpoints_root,
                                                                 const RunNode& run) {
  const std::string path = absl::StrCat(checkpoints_root, "/", run.resolved->name, ".safetensors");
  if (checkpoints_root.empty() || !FileExists(path)) return std::nullopt;
  MRSN_ASSIGN_OR_RETURN(Safetensors weights, ReadSafetensors(path));
  MRSN_ASSIGN_OR_RETURN(const Checkpoint about, ReadCheckpointMetadata(weights.metadata, path));
  if (about.config_fingerprint() != run.resolved->fingerprint || !about.has_seed() ||
      about.seed() != run.seed) {
    return std::nullopt;
  }
  return ShippedWeights{path, about.weights_hash(), std::move(weights)};
}

}  // namespace mrsn::experiments

#include "experiments/engine/checkpoint_keeper.h"

#include <utility>

#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {

absl::StatusOr<std::optional<CheckpointKeeper::Found>> CheckpointKeeper::Newest() const {
  std::optional<Found> found;
  if (!FileExists(path_)) return found;
  MRSN_ASSIGN_OR_RETURN(Safetensors snapshot, ReadSafetensors(path_));
  found.emplace(Found{path_, std::move(snapshot)});
  return found;
}

absl::Status CheckpointKeeper::Write(const Safetensors& snapshot) {
  return WriteSafetensors(path_, snapshot);
}

}  // namespace mrsn::experiments

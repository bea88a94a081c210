// The checkpoints of a training on the disk: which files there are, how they are written and read.
#ifndef MRSN_EXPERIMENTS_ENGINE_CHECKPOINT_KEEPER_H_
#define MRSN_EXPERIMENTS_ENGINE_CHECKPOINT_KEEPER_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mrsn/checkpoint/safetensors.h"

namespace mrsn::experiments {

// With several processes only the first one has a keeper.
class CheckpointKeeper {
 public:
  struct Found {
    std::string path;
    Safetensors snapshot;
  };

  explicit CheckpointKeeper(std::string path) : path_(std::move(path)) {}

  // The checkpoint to go on from; nothing if there is none.
  absl::StatusOr<std::optional<Found>> Newest() const;

  // On an error (no space) the checkpoints that were there stay.
  absl::Status Write(const Safetensors& snapshot);

  // For messages: where the last checkpoint is.
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_CHECKPOINT_KEEPER_H_

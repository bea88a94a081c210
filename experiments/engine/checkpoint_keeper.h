// The checkpoints of a training on the disk: which files there are, how they are written and read.
//
//   <folder>/checkpoint-000000400.safetensors  after 400 iterations; the two newest ones are kept
//   <folder>/memory-000000003.safetensors      changes of the model's memory since the checkpoint before
//   <folder>/best.safetensors                  the weights with the best score
//
// Each checkpoint names the memory's files that it is made of; the files that none of the kept checkpoints
// needs are removed.
#ifndef MRSN_EXPERIMENTS_ENGINE_CHECKPOINT_KEEPER_H_
#define MRSN_EXPERIMENTS_ENGINE_CHECKPOINT_KEEPER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mrsn/checkpoint/safetensors.h"

namespace mrsn::experiments {

// With several processes only the first one writes.
class CheckpointKeeper {
 public:
  struct Found {
    std::string path;
    Safetensors snapshot;
    std::vector<Safetensors> memory;  // first the oldest; later ones replace what they name
  };
  // What a model remembers, or what has changed in it since the checkpoint before.
  struct Memory {
    std::map<std::string, at::Tensor> tensors;
    bool whole = false;
  };

  explicit CheckpointKeeper(std::string folder) : folder_(std::move(folder)) {}

  // The newest checkpoint that is whole; nothing if there is none at all. A newer one that is damaged is
  // named on standard error with the reason and gets the ending ".damaged". DataLoss with all reasons if none
  // is whole. The file <folder>/../checkpoint.safetensors of earlier versions is not read but named.
  absl::StatusOr<std::optional<Found>> Newest();

  // Writes `snapshot` of `iteration`, which is not below those of the checkpoints there are. On an error (no
  // space) the checkpoints that were there stay.
  absl::Status Write(int64_t iteration, Safetensors snapshot, std::optional<Memory> memory);

  // Writes `weights` in place of the best ones so far.
  absl::Status WriteBest(const Safetensors& weights);

  // The last checkpoint that was written or found; "none" without one.
  const std::string& newest_path() const { return newest_path_; }

 private:
  // The number of a file of the memory, and its checksum.
  using Part = std::pair<int64_t, std::string>;

  std::string CheckpointPath(int64_t iteration) const;
  std::string MemoryPath(int64_t number) const;
  absl::StatusOr<Found> Read(int64_t iteration);
  void RemoveOld(int64_t newest);

  const std::string folder_;
  std::string newest_path_ = "none";
  std::map<int64_t, std::vector<Part>> parts_;  // of the memory, for each checkpoint read or written
  std::vector<Part> current_;                   // of the checkpoint to go on from
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_CHECKPOINT_KEEPER_H_

// The Checkpoint message of a file of weights, read from its header alone; without LibTorch.
#ifndef MRSN_MRSN_CHECKPOINT_CHECKPOINT_OF_FILE_H_
#define MRSN_MRSN_CHECKPOINT_CHECKPOINT_OF_FILE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "mrsn/checkpoint/checkpoint.pb.h"

namespace mrsn {

// Nothing for a safetensors file that another program wrote. Errors name the file: it cannot be read, it is
// no safetensors file, its message is damaged.
absl::StatusOr<std::optional<Checkpoint>> ReadCheckpointOfFile(const std::string& path);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_CHECKPOINT_OF_FILE_H_

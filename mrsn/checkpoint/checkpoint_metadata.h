// The Checkpoint message in a safetensors file's metadata.
#ifndef MRSN_MRSN_CHECKPOINT_CHECKPOINT_METADATA_H_
#define MRSN_MRSN_CHECKPOINT_CHECKPOINT_METADATA_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mrsn/checkpoint/checkpoint.pb.h"

namespace mrsn {

// {"mrsn.checkpoint": text}. Equal messages give equal text; doubles are read back exactly.
std::map<std::string, std::string> CheckpointMetadata(const Checkpoint& checkpoint);

// Whether the metadata hold a Checkpoint. Other programs write files without one.
bool HasCheckpointMetadata(const std::map<std::string, std::string>& metadata);

// The error names `origin`: the key is missing (another program wrote the file) or its text is no Checkpoint.
absl::StatusOr<Checkpoint> ReadCheckpointMetadata(const std::map<std::string, std::string>& metadata,
                                                  const std::string& origin);

// DataLoss, naming `origin`, if the metadata state another hash than `hash`, that of the weights beside them.
// Metadata of older versions state none.
absl::Status CheckWeightsHash(const Checkpoint& checkpoint, const std::string& hash,
                              const std::string& origin);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_CHECKPOINT_METADATA_H_

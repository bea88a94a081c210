#include "mrsn/checkpoint/checkpoint_of_file.h"

#include <utility>

#include "mrsn/checkpoint/byte_source.h"
#include "mrsn/checkpoint/checkpoint_metadata.h"
#include "mrsn/checkpoint/safetensors_header.h"
#include "ops/base/status_macros.h"

namespace mrsn {

absl::StatusOr<std::optional<Checkpoint>> ReadCheckpointOfFile(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const ByteSource file, ByteSource::Open(path));
  MRSN_ASSIGN_OR_RETURN(const SafetensorsHeader header, ReadSafetensorsHeader(file));
  if (!HasCheckpointMetadata(header.metadata)) return std::nullopt;
  MRSN_ASSIGN_OR_RETURN(Checkpoint checkpoint, ReadCheckpointMetadata(header.metadata, path));
  return std::optional<Checkpoint>(std::move(checkpoint));
}

}  // namespace mrsn

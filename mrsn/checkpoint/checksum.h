// A checksum inside a safetensors file: one flipped bit anywhere in the content is found when it is read.
#ifndef MRSN_MRSN_CHECKPOINT_CHECKSUM_H_
#define MRSN_MRSN_CHECKPOINT_CHECKSUM_H_

#include <string>

#include "absl/status/status.h"
#include "mrsn/checkpoint/safetensors.h"

namespace mrsn {

// Adds metadata "mrsn.sha256" and returns it: SHA-256, 64 hexadecimal digits, over all other metadata and
// over names, types, shapes and elements of all tensors.
std::string AddChecksum(Safetensors* content);

// Takes "mrsn.sha256" out of the metadata again. DataLoss, naming `origin`, if it is missing or is not that
// of the content.
absl::Status TakeChecksum(const std::string& origin, Safetensors* content);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_CHECKSUM_H_

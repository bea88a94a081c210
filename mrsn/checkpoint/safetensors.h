// Named tensors in the safetensors format (safetensors_header.h). Nothing in such a file
// can be executed.
#ifndef MRSN_MRSN_CHECKPOINT_SAFETENSORS_H_
#define MRSN_MRSN_CHECKPOINT_SAFETENSORS_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn {

struct Safetensors {
  std::map<std::string, at::Tensor> tensors;    // CPU, contiguous
  std::map<std::string, std::string> metadata;  // the header's "__metadata__"
};

// The bytes of the file. A tensor of a type that is not in dtype.h is a programmer error. Equal content gives
// equal bytes.
std::string SerializeSafetensors(const Safetensors& content);

// `origin` names the source in errors. The errors are those of ParseSafetensorsHeader(). Tensors own their
// data.
absl::StatusOr<Safetensors> ParseSafetensors(absl::string_view bytes, const std::string& origin);

absl::Status WriteSafetensors(const std::string& path, const Safetensors& content);
// Reads each tensor straight into its memory; the file is never held as a whole.
absl::StatusOr<Safetensors> ReadSafetensors(const std::string& path);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_SAFETENSORS_H_

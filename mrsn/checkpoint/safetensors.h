// Named tensors in the safetensors format: 8 bytes little-endian header length,
// a JSON header {"name": {"dtype", "shape", "data_offsets"}, "__metadata__": {…}},
// then the raw little-endian data. Nothing in such a file can be executed.
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

// Bytes of the file. float32, float64, float16, bfloat16, int64, int32, uint8 and
// bool tensors; any other dtype is a programmer error. Equal content gives equal
// bytes.
std::string SerializeSafetensors(const Safetensors& content);

// `origin` names the source in errors: truncated, overlapping or out-of-range
// data, unknown dtype, shape that does not fit its bytes. Tensors own their data.
absl::StatusOr<Safetensors> ParseSafetensors(absl::string_view bytes, const std::string& origin);

absl::Status WriteSafetensors(const std::string& path, const Safetensors& content);
absl::StatusOr<Safetensors> ReadSafetensors(const std::string& path);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_SAFETENSORS_H_

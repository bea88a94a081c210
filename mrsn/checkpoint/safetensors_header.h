// The header of a safetensors file, without LibTorch: 8 bytes little-endian length, then
// a JSON object {"name": {"dtype", "shape", "data_offsets": [begin, end]}, "__metadata__": {..}};
// the elements follow, little-endian, in C order.
#ifndef MRSN_MRSN_CHECKPOINT_SAFETENSORS_HEADER_H_
#define MRSN_MRSN_CHECKPOINT_SAFETENSORS_HEADER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mrsn/checkpoint/byte_source.h"
#include "mrsn/checkpoint/dtype.h"

namespace mrsn {

struct SafetensorsHeader {
  struct Entry {
    std::string name;
    Dtype dtype;
    std::vector<int64_t> shape;
    uint64_t begin, end;  // bytes of the data
  };
  std::vector<Entry> entries;                   // by `begin`: they follow each other without a hole
  std::map<std::string, std::string> metadata;  // "__metadata__"
  uint64_t data_begin = 0;                      // in the file
};

// Bytes of the length field, and the most bytes of a header. The format allows 100 MB; the header of a
// thousand tensors takes 0.1 MB.
inline constexpr uint64_t kSafetensorsLengthBytes = 8;
inline constexpr uint64_t kMaxSafetensorsHeaderBytes = 16'000'000;

// The bytes of header and length field, read from the length field at the start of a file of `file_bytes`
// bytes. DataLoss if the file cannot have so many.
absl::StatusOr<uint64_t> SafetensorsHeaderEnd(absl::string_view start, uint64_t file_bytes,
                                              const std::string& origin);

// `head` is the start of the file up to SafetensorsHeaderEnd(). DataLoss names `origin` and the tensor: the
// header is no JSON object, a key occurs twice, a dtype is unknown, a shape does not fit its bytes, tensors
// overlap, leave a hole or do not end where the file ends, or metadata is no string.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view head, uint64_t file_bytes,
                                                         const std::string& origin);

// Reads the header alone. Errors as above, or of the source.
absl::StatusOr<SafetensorsHeader> ReadSafetensorsHeader(const ByteSource& source);

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_SAFETENSORS_HEADER_H_

// Bytes of a file or of memory, read piece by piece.
#ifndef MRSN_MRSN_CHECKPOINT_BYTE_SOURCE_H_
#define MRSN_MRSN_CHECKPOINT_BYTE_SOURCE_H_

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn {

class ByteSource {
 public:
  static absl::StatusOr<ByteSource> Open(const std::string& path);
  // `bytes` must outlive the source; `origin` names it in errors.
  static ByteSource View(absl::string_view bytes, const std::string& origin);

  uint64_t size() const { return size_; }
  const std::string& origin() const { return origin_; }

  // Copies bytes begin .. begin + size; DataLoss beyond the end or if the system cannot read.
  absl::Status Read(uint64_t begin, uint64_t size, void* out) const;
  // The first bytes: `limit`, or all if there are fewer.
  absl::StatusOr<std::string> Head(uint64_t limit) const;

 private:
  ByteSource() = default;

  std::string origin_;
  uint64_t size_ = 0;
  absl::string_view bytes_;              // of memory
  std::unique_ptr<std::ifstream> file_;  // of a file
};

}  // namespace mrsn

#endif  // MRSN_MRSN_CHECKPOINT_BYTE_SOURCE_H_

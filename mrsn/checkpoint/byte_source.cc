#include "mrsn/checkpoint/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ops/base/status_macros.h"

namespace mrsn {

absl::StatusOr<ByteSource> ByteSource::Open(const std::string& path) {
  ByteSource source;
  source.origin_ = path;
  std::error_code failed;
  source.size_ = std::filesystem::file_size(path, failed);
  if (!failed) {
    source.file_ = std::make_unique<std::ifstream>(path, std::ios::binary);
    if (!*source.file_) failed = std::error_code(errno, std::generic_category());
  }
  if (failed) return absl::NotFoundError(absl::StrCat(path, ": cannot open for reading: ", failed.message()));
  return source;
}

ByteSource ByteSource::View(absl::string_view bytes, const std::string& origin) {
  ByteSource source;
  source.origin_ = origin;
  source.size_ = bytes.size();
  source.bytes_ = bytes;
  return source;
}

absl::Status ByteSource::Read(uint64_t begin, uint64_t size, void* out) const {
  bool read = begin <= size_ && size <= size_ - begin;
  if (read && file_ == nullptr && size > 0) std::memcpy(out, bytes_.data() + begin, size);
  if (read && file_ != nullptr) {
    file_->clear();
    file_->seekg(begin);
    read = static_cast<bool>(file_->read(static_cast<char*>(out), size));
  }
  if (read) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrFormat("%s: cannot read %d bytes at byte %d of %d", origin_, size, begin, size_));
}

absl::StatusOr<std::string> ByteSource::Head(uint64_t limit) const {
  std::string head(std::min(limit, size_), '\0');
  MRSN_RETURN_IF_ERROR(Read(0, head.size(), head.data()));
  return head;
}

}  // namespace mrsn

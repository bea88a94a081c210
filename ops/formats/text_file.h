// A text file in memory: mapped when plain, inflated when gzip.
#ifndef MRSN_OPS_FORMATS_TEXT_FILE_H_
#define MRSN_OPS_FORMATS_TEXT_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn::formats {

// Far above the lines of all formats here; longer lines are refused before they fill memory.
inline constexpr size_t kMaxLineBytes = 1 << 20;

class TextFile {
 public:
  // gzip is told by its first bytes, not by the name; several members may follow
  // each other. Errors name the path: not readable, truncated or corrupt gzip, a
  // line of more than kMaxLineBytes. A UTF-8 byte order mark is skipped.
  static absl::StatusOr<TextFile> Open(const std::string& path);
  // The same without looking at line lengths, for files that may be binary.
  static absl::StatusOr<TextFile> OpenUnchecked(const std::string& path);
  absl::Status CheckLines() const;
  // The same checks on bytes in memory; `name` stands for the path in errors.
  static absl::StatusOr<TextFile> FromBytes(absl::string_view bytes, const std::string& name);
  static absl::StatusOr<TextFile> FromBytesUnchecked(absl::string_view bytes, const std::string& name);

  TextFile(TextFile&& other) noexcept;
  TextFile& operator=(TextFile&& other) noexcept;
  ~TextFile();

  absl::string_view text() const { return text_; }
  const std::string& name() const { return name_; }
  bool had_byte_order_mark() const { return had_byte_order_mark_; }

 private:
  TextFile() = default;
  absl::Status Use(absl::string_view bytes);  // inflates if need be
  void Unmap();

  std::string name_;
  char* buffer_ = nullptr;  // malloc'ed, when inflated or read
  void* mapping_ = nullptr;
  size_t mapping_size_ = 0;
  absl::string_view text_;
  bool had_byte_order_mark_ = false;
};

// "'0.5abc'", cut after 40 characters and with control characters escaped: how errors quote values.
std::string Quoted(absl::string_view value);

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_TEXT_FILE_H_

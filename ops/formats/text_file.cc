#include "ops/formats/text_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::formats {
namespace {

absl::Status LineTooLong(const std::string& name, absl::string_view before, absl::string_view line) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, ":", 1 + std::count(before.begin(), before.end(), '\n'), ": line of more than ",
                   kMaxLineBytes, " bytes, begins ", Quoted(line.substr(0, 64))));
}

// Looks for a line end in every window of kMaxLineBytes: at most one memrchr each.
absl::Status CheckLineLengths(const std::string& name, absl::string_view text) {
  size_t line = 0;
  while (text.size() - line > kMaxLineBytes) {
    const void* end = ::memrchr(text.data() + line, '\n', kMaxLineBytes);
    if (end == nullptr) return LineTooLong(name, text.substr(0, line), text.substr(line));
    line = static_cast<const char*>(end) - text.data() + 1;
  }
  return absl::OkStatus();
}

}  // namespace

std::string Quoted(absl::string_view value) {
  if (value.size() <= 40) return absl::StrCat("'", absl::CHexEscape(value), "'");
  return absl::StrCat("'", absl::CHexEscape(value.substr(0, 40)), "...' (", value.size(), " bytes)");
}

TextFile::TextFile(TextFile&& other) noexcept { *this = std::move(other); }

TextFile& TextFile::operator=(TextFile&& other) noexcept {
  if (this == &other) return *this;
  Unmap();
  name_ = std::move(other.name_);
  buffer_ = std::exchange(other.buffer_, nullptr);
  mapping_ = std::exchange(other.mapping_, nullptr);
  mapping_size_ = std::exchange(other.mapping_size_, 0);
  text_ = std::exchange(other.text_, {});
  had_byte_order_mark_ = other.had_byte_order_mark_;
  return *this;
}

TextFile::~TextFile() { Unmap(); }

void TextFile::Unmap() {
  std::free(std::exchange(buffer_, nullptr));
  if (mapping_ != nullptr) ::munmap(std::exchange(mapping_, nullptr), mapping_size_);
}

absl::StatusOr<TextFile> TextFile::Open(const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(TextFile file, OpenUnchecked(path));
  MRSN_RETURN_IF_ERROR(file.CheckLines());
  return file;
}

absl::Status TextFile::CheckLines() const { return CheckLineLengths(name_, text_); }

absl::StatusOr<TextFile> TextFile::OpenUnchecked(const std::string& path) {
  TextFile file;
  file.name_ = path;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot open for reading"));
  struct stat info;
  const bool known = ::fstat(descriptor, &info) == 0;
  if (known && S_ISDIR(info.st_mode)) {
    ::close(descriptor);
    return absl::InvalidArgumentError(absl::StrCat(path, ": is a folder, expected a file"));
  }
  if (known && S_ISREG(info.st_mode) && info.st_size > 0) {
    void* mapping = ::mmap(nullptr, info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapping != MAP_FAILED) {
      ::madvise(mapping, info.st_size, MADV_SEQUENTIAL);
      file.mapping_ = mapping;
      file.mapping_size_ = info.st_size;
    }
  }
  ::close(descriptor);
  if (file.mapping_ != nullptr) {
    MRSN_RETURN_IF_ERROR(file.Use({static_cast<const char*>(file.mapping_), file.mapping_size_}));
    return file;
  }
  // Pipes, empty files and file systems without mmap.
  MRSN_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  return FromBytes(bytes, path);
}

absl::StatusOr<TextFile> TextFile::FromBytes(absl::string_view bytes, const std::string& name) {
  MRSN_ASSIGN_OR_RETURN(TextFile file, FromBytesUnchecked(bytes, name));
  MRSN_RETURN_IF_ERROR(file.CheckLines());
  return file;
}

absl::StatusOr<TextFile> TextFile::FromBytesUnchecked(absl::string_view bytes, const std::string& name) {
  TextFile file;
  file.name_ = name;
  if (!absl::StartsWith(bytes, "\x1f\x8b")) {
    file.buffer_ = static_cast<char*>(std::malloc(bytes.size() + 1));
    if (!bytes.empty()) std::memcpy(file.buffer_, bytes.data(), bytes.size());
    bytes = {file.buffer_, bytes.size()};
  }
  MRSN_RETURN_IF_ERROR(file.Use(bytes));
  return file;
}

absl::Status TextFile::Use(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "\x1f\x8b")) {
    z_stream stream = {};
    if (inflateInit2(&stream, 15 + 16) != Z_OK)
      return absl::ResourceExhaustedError(absl::StrCat(name_, ": zlib"));
    size_t capacity = std::max<size_t>(1 << 16, std::min<size_t>(bytes.size(), size_t{1} << 28) * 4),
           size = 0;
    char* buffer = static_cast<char*>(std::malloc(capacity));
    size_t line = 0, consumed = 0;
    absl::Status status;
    while (true) {
      if (capacity - size < capacity / 8) buffer = static_cast<char*>(std::realloc(buffer, capacity *= 2));
      // Pieces small enough that an endless line is noticed before it fills memory.
      const size_t piece = std::min<size_t>(capacity - size, 1 << 20);
      const size_t input = std::min<size_t>(bytes.size() - consumed, 1 << 30);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + consumed));
      stream.avail_in = static_cast<uInt>(input);
      stream.next_out = reinterpret_cast<Bytef*>(buffer + size);
      stream.avail_out = static_cast<uInt>(piece);
      const int code = inflate(&stream, Z_NO_FLUSH);
      consumed += input - stream.avail_in;
      const size_t produced = piece - stream.avail_out;
      if (const void* end = ::memrchr(buffer + size, '\n', produced)) {
        line = static_cast<const char*>(end) - buffer + 1;
      }
      size += produced;
      if (size - line > kMaxLineBytes) {
        status = LineTooLong(name_, {buffer, line}, {buffer + line, size - line});
        break;
      }
      if (code == Z_STREAM_END) {
        if (consumed == bytes.size()) break;
        // Another member, or the zero padding that tar and dd leave.
        if (bytes.find_first_not_of('\0', consumed) == absl::string_view::npos) break;
        inflateReset(&stream);
        continue;
      }
      if (code != Z_OK && code != Z_BUF_ERROR) {
        status =
            absl::DataLossError(absl::StrCat(name_, ": corrupt gzip data at byte ", consumed, " of ",
                                             bytes.size(), ": ", stream.msg ? stream.msg : "zlib error"));
        break;
      }
      if (consumed == bytes.size() && stream.avail_out > 0) {
        status = absl::DataLossError(absl::StrCat(name_, ": truncated gzip file: it ends after ",
                                                  bytes.size(), " bytes inside a compressed stream"));
        break;
      }
    }
    inflateEnd(&stream);
    Unmap();
    buffer_ = buffer;
    if (!status.ok()) return status;
    bytes = {buffer, size};
  }
  text_ = bytes;
  if (absl::StartsWith(text_, "\xef\xbb\xbf")) {
    had_byte_order_mark_ = true;
    text_.remove_prefix(3);
  }
  if (absl::StartsWith(text_, "\xff\xfe") || absl::StartsWith(text_, "\xfe\xff")) {
    return absl::InvalidArgumentError(absl::StrCat(name_, ": is UTF-16, expected UTF-8 or ASCII"));
  }
  return absl::OkStatus();
}

}  // namespace mrsn::formats

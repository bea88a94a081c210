#include "mrsn/bank/bank_part.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "ops/base/status_macros.h"

namespace mrsn::bank {
namespace {

constexpr uint32_t kMagic = 0x7062'726d;  // "mrbp"
constexpr uint32_t kLargestKey = 1 << 12;
constexpr uint64_t kSyncBytes = 64 << 20;

// Before each record's key and value.
struct Header {
  uint32_t magic, key_size, value_size, checksum;
};
static_assert(sizeof(Header) == 16, "written as it stands in memory");

uint32_t Checksum(absl::string_view key, const char* value, uint32_t size) {
  const uint32_t sizes[] = {static_cast<uint32_t>(key.size()), size};
  uLong sum = crc32(0, reinterpret_cast<const Bytef*>(sizes), sizeof(sizes));
  sum = crc32(sum, reinterpret_cast<const Bytef*>(key.data()), key.size());
  return static_cast<uint32_t>(crc32(sum, reinterpret_cast<const Bytef*>(value), size));
}

// Whether all bytes could be read.
bool ReadAt(int file, uint64_t offset, void* out, size_t size) {
  for (char* to = static_cast<char*>(out); size > 0;) {
    const ssize_t got = pread(file, to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got, offset += got, size -= got;
  }
  return true;
}

// Whether all bytes could be written; errno says why not.
bool WriteAll(int file, std::vector<iovec> pieces) {
  for (size_t first = 0; first < pieces.size();) {
    const ssize_t done = writev(file, &pieces[first], static_cast<int>(pieces.size() - first));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return false;
    for (size_t left = done; first < pieces.size();) {
      const size_t part = std::min(left, pieces[first].iov_len);
      pieces[first].iov_base = static_cast<char*>(pieces[first].iov_base) + part;
      pieces[first].iov_len -= part;
      left -= part;
      if (pieces[first].iov_len > 0) break;
      ++first;
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<PartContents> ReadPart(const std::string& path, bool check_values) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return SystemError(errno, path, "opening");
  const absl::Cleanup close_file = [file] { close(file); };
  struct stat about;
  if (fstat(file, &about) != 0) return SystemError(errno, path, "opening");
  const auto size = static_cast<uint64_t>(about.st_size);
  PartContents contents;
  Header header;
  std::string value;
  while (ReadAt(file, contents.bytes, &header, sizeof(header))) {
    if (header.magic != kMagic && contents.bytes == 0) {
      return absl::DataLossError(absl::StrCat(path, ": is no part of a relation bank"));
    }
    const uint64_t end = contents.bytes + sizeof(header) + header.key_size + header.value_size;
    if (header.magic != kMagic || header.key_size > kLargestKey || end > size) break;
    PartRecord record = {std::string(header.key_size, '\0'), end - header.value_size, header.value_size,
                         header.checksum};
    if (!ReadAt(file, contents.bytes + sizeof(header), record.key.data(), header.key_size)) break;
    const bool is_meta = contents.bytes == 0;
    if (is_meta || check_values) {
      value.resize(record.size);
      if (!ReadPartValue(file, path, record, value.data()).ok()) break;
    }
    if (is_meta) {
      MRSN_ASSIGN_OR_RETURN(contents.meta, ParseMeta(value, path));
    } else {
      contents.records.push_back(std::move(record));
    }
    contents.bytes = end;
  }
  return contents;
}

absl::Status ReadPartValue(int file, const std::string& path, const PartRecord& record, char* out) {
  if (ReadAt(file, record.offset, out, record.size) &&
      Checksum(record.key, out, record.size) == record.checksum) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      absl::StrCat(path, ": damaged at byte ", record.offset, "; delete this file and write its part again"));
}

absl::StatusOr<std::unique_ptr<PartWriter>> PartWriter::Open(const std::string& path, const BankMeta& meta,
                                                             const PartContents& contents) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return SystemError(errno, path, "opening");
  std::unique_ptr<PartWriter> part(new PartWriter(file, path, contents.bytes));
  if (ftruncate(file, static_cast<off_t>(contents.bytes)) != 0 || lseek(file, 0, SEEK_END) < 0) {
    return SystemError(errno, path, "cutting off a damaged end");
  }
  if (!contents.meta.has_value()) MRSN_RETURN_IF_ERROR(part->Append(MetaKey(), MetaRecord(meta)));
  return part;
}

PartWriter::~PartWriter() { close(file_); }

absl::Status PartWriter::Append(const std::string& key, absl::string_view value) {
  if (value.size() > UINT32_MAX) {
    return absl::InvalidArgumentError(absl::StrCat(path_, ": an entry of ", value.size(), " bytes"));
  }
  Header header = {kMagic, static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size()), 0};
  header.checksum = Checksum(key, value.data(), header.value_size);
  if (!WriteAll(file_, {{&header, sizeof(header)},
                        {const_cast<char*>(key.data()), key.size()},
                        {const_cast<char*>(value.data()), value.size()}})) {
    const int code = errno;
    // A reader ignores a cut record, too, should this fail.
    if (ftruncate(file_, static_cast<off_t>(bytes_)) == 0) lseek(file_, 0, SEEK_END);
    return SystemError(code, path_, "writing");
  }
  bytes_ += sizeof(header) + key.size() + value.size();
  return bytes_ - synced_bytes_ < kSyncBytes ? absl::OkStatus() : Sync();
}

absl::Status PartWriter::Sync() {
  if (fdatasync(file_) != 0) return SystemError(errno, path_, "syncing");
  synced_bytes_ = bytes_;
  return absl::OkStatus();
}

}  // namespace mrsn::bank

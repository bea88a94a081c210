#include "mrsn/checkpoint/zip_reader.h"

#include <zip.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

absl::Status Damaged(const std::string& origin, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(origin, ": not a readable zip archive: ", what));
}

}  // namespace

void ZipReader::Closer::operator()(zip* archive) const { zip_discard(archive); }

absl::StatusOr<ZipReader> ZipReader::Open(const std::string& path) {
  std::error_code failed;
  const uint64_t bytes = std::filesystem::file_size(path, failed);
  if (failed) return absl::NotFoundError(absl::StrCat(path, ": cannot open for reading: ", failed.message()));
  int code = 0;
  Archive archive(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (archive == nullptr) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const absl::Status status = Damaged(path, zip_error_strerror(&error));
    zip_error_fini(&error);
    return status;
  }
  ZipReader reader(std::move(archive), path);
  MRSN_RETURN_IF_ERROR(reader.List(bytes));
  return reader;
}

absl::StatusOr<ZipReader> ZipReader::Parse(absl::string_view bytes, const std::string& origin) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), /*freep=*/0, &error);
  Archive archive(source == nullptr ? nullptr
                                    : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error));
  if (archive == nullptr) {
    const absl::Status status = Damaged(origin, zip_error_strerror(&error));
    zip_error_fini(&error);
    if (source != nullptr) zip_source_free(source);
    return status;
  }
  zip_error_fini(&error);
  ZipReader reader(std::move(archive), origin);
  MRSN_RETURN_IF_ERROR(reader.List(bytes.size()));
  return reader;
}

absl::Status ZipReader::List(uint64_t file_bytes) {
  const int64_t count = zip_get_num_entries(archive_.get(), 0);
  uint64_t total = 0;
  for (int64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    constexpr uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD |
                                 ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat_index(archive_.get(), i, ZIP_FL_ENC_RAW, &stat) != 0 || (stat.valid & kNeeded) != kNeeded) {
      return Damaged(origin_, absl::StrCat("no entry for member ", i));
    }
    if (stat.comp_method != ZIP_CM_STORE || stat.encryption_method != ZIP_EM_NONE) {
      return Damaged(
          origin_,
          absl::StrFormat("member '%s' is compressed or encrypted, which torch.save never does", stat.name));
    }
    // Members may not overlap, so together they are never longer than the file.
    if (stat.size != stat.comp_size || stat.size > file_bytes - std::min(total, file_bytes)) {
      return Damaged(origin_, absl::StrFormat("member '%s' claims %d bytes in a file of %d", stat.name,
                                              stat.size, file_bytes));
    }
    total += stat.size;
    if (!members_.emplace(stat.name, Member{static_cast<uint64_t>(i), stat.size}).second) {
      return Damaged(origin_, absl::StrFormat("it has two members '%s'", stat.name));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ZipReader::Member> ZipReader::Find(const std::string& name) const {
  const auto found = members_.find(name);
  if (found == members_.end()) {
    return absl::NotFoundError(absl::StrFormat("%s: holds no member '%s'", origin_, name));
  }
  return found->second;
}

absl::Status ZipReader::Read(const std::string& name, void* out) const {
  MRSN_ASSIGN_OR_RETURN(const Member member, Find(name));
  zip_file_t* file = zip_fopen_index(archive_.get(), member.index, 0);
  if (file == nullptr) {
    return Damaged(origin_, absl::StrFormat("member '%s': %s", name, zip_strerror(archive_.get())));
  }
  char* next = static_cast<char*>(out);
  uint64_t left = member.bytes;
  int64_t got = 1;
  while (left > 0 && got > 0) {
    got = zip_fread(file, next, std::min<uint64_t>(left, 1 << 30));
    if (got > 0) next += got, left -= got;
  }
  // libzip compares the checksum when it meets the member's end.
  char beyond = 0;
  if (left == 0) got = zip_fread(file, &beyond, 1);
  absl::Status status;
  if (got != 0 || left != 0) {
    status =
        Damaged(origin_, absl::StrFormat("member '%s': %s", name,
                                         got < 0 ? zip_file_strerror(file) : "cut or longer than listed"));
  }
  zip_fclose(file);
  return status;
}

absl::StatusOr<std::string> ZipReader::ReadText(const std::string& name, uint64_t limit) const {
  MRSN_ASSIGN_OR_RETURN(const Member member, Find(name));
  if (member.bytes > limit) {
    return absl::ResourceExhaustedError(absl::StrFormat("%s: member '%s' has %d bytes; at most %d are read",
                                                        origin_, name, member.bytes, limit));
  }
  std::string text(member.bytes, '\0');
  MRSN_RETURN_IF_ERROR(Read(name, text.data()));
  return text;
}

}  // namespace mrsn

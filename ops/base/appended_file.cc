#include "ops/base/appended_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

absl::Status Failed(const std::string& path, absl::string_view doing) {
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot ", doing));
}

}  // namespace

absl::StatusOr<std::unique_ptr<AppendedFile>> AppendedFile::Open(const std::string& path, int64_t size) {
  const std::string folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) MRSN_RETURN_IF_ERROR(MakeFolders(folder));
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return Failed(path, "open for appending");
  std::unique_ptr<AppendedFile> file(new AppendedFile(path, descriptor, size));
  if (::ftruncate(descriptor, size) != 0) return Failed(path, "shorten");
  return file;
}

AppendedFile::~AppendedFile() { ::close(descriptor_); }

absl::Status AppendedFile::Append(absl::string_view record) {
  absl::string_view left = record;
  while (!left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const absl::Status failed = Failed(path_, absl::StrCat("append ", record.size(), " bytes"));
      // If even this fails, the next Open() cuts the broken record off.
      if (::ftruncate(descriptor_, size_) != 0) return failed;
      return failed;
    }
    left.remove_prefix(written);
  }
  size_ += static_cast<int64_t>(record.size());
  return absl::OkStatus();
}

absl::Status AppendedFile::Sync() {
  return ::fdatasync(descriptor_) == 0 ? absl::OkStatus() : Failed(path_, "sync");
}

}  // namespace mrsn

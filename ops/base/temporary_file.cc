#include "ops/base/temporary_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mrsn {

TemporaryFile::TemporaryFile(std::string target) : target_(std::move(target)) {
  static std::atomic<int> counter{0};
  const std::filesystem::path path(target_);
  const std::string name =
      absl::StrCat(".", path.stem().string(), ".tmp.", ::getpid(), ".", counter++, path.extension().string());
  path_ = (path.parent_path() / name).string();
}

TemporaryFile::~TemporaryFile() {
  if (!renamed_) ::unlink(path_.c_str());
}

absl::Status TemporaryFile::Commit() {
  const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  int error = descriptor < 0 ? errno : 0;
  if (descriptor >= 0) {
    if (::fsync(descriptor) != 0) error = errno;
    ::close(descriptor);
  }
  if (error == 0 && std::rename(path_.c_str(), target_.c_str()) != 0) error = errno;
  if (error != 0) return absl::ErrnoToStatus(error, absl::StrCat(target_, ": cannot write"));
  renamed_ = true;
  return absl::OkStatus();
}

}  // namespace mrsn

#include "datasets/media/temporary_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {

TemporaryFolder::~TemporaryFolder() {
  if (descriptor_ < 0) return;
  std::error_code ignored;
  if (!renamed_) std::filesystem::remove_all(path_, ignored);
  ::close(descriptor_);
}

absl::Status TemporaryFolder::Take() {
  MRSN_RETURN_IF_ERROR(MakeFolders(path_));
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot open this folder"));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor_);
    descriptor_ = -1;
    return absl::AbortedError(absl::StrCat(path_, ": another process is writing it"));
  }
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    std::filesystem::remove_all(entry.path(), error);
  }
  if (error) return absl::UnavailableError(absl::StrCat(path_, ": cannot empty it: ", error.message()));
  return absl::OkStatus();
}

absl::Status TemporaryFolder::Rename(const std::string& to) {
  if (::syncfs(descriptor_) != 0) return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot sync"));
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) {
    renamed_ = true;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);  // which has been `to`
    return absl::OkStatus();
  }
  // There was no such folder, or the file system cannot exchange names: then the old folder steps aside.
  const std::string aside = path_ + ".replaced";
  std::error_code error, moved, ignored;
  std::filesystem::remove_all(aside, ignored);
  std::filesystem::rename(to, aside, moved);
  std::filesystem::rename(path_, to, error);
  if (error) {
    if (!moved) std::filesystem::rename(aside, to, ignored);
    return absl::UnavailableError(absl::StrCat(to, ": cannot rename ", path_, " to it: ", error.message()));
  }
  renamed_ = true;
  std::filesystem::remove_all(aside, ignored);
  return absl::OkStatus();
}

}  // namespace mrsn::datasets

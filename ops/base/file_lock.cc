#include "ops/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/base/stop_signal.h"

namespace mrsn {
namespace {

// What the holder has written: "process 17 on host a".
std::string HolderOf(const std::string& path) {
  const auto text = ReadFile(path);
  return text.ok() && !text->empty() ? text->substr(0, text->find('\n')) : "another process";
}

std::string Held(const std::string& path) { return absl::StrCat(HolderOf(path), ", which holds ", path); }

absl::StatusOr<int> Open(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  int code = ENOENT;
  // ENOENT: the folder was deleted at this moment. It does not happen again and again.
  for (int attempt = 0; code == ENOENT && attempt < 100; ++attempt) {
    if (!folder.empty()) MRSN_RETURN_IF_ERROR(MakeFolders(folder));
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor >= 0) return descriptor;
    code = errno;
  }
  return absl::ErrnoToStatus(code, absl::StrCat(path, ": cannot open the lock"));
}

// Whether the open file is still the one at `path`: an earlier holder may have deleted it.
bool StandsAt(int descriptor, const std::string& path) {
  struct stat held, found;
  return ::fstat(descriptor, &held) == 0 && ::stat(path.c_str(), &found) == 0 &&
         held.st_ino == found.st_ino && held.st_dev == found.st_dev;
}

// True: locked. False: somebody else holds it.
absl::StatusOr<bool> TryLock(int descriptor, const std::string& path) {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot lock"));
  }
  char host[HOST_NAME_MAX + 1] = "?";
  ::gethostname(host, HOST_NAME_MAX);
  const std::string holder = absl::StrFormat("process %d on host %s\n", ::getpid(), host);
  // Only for others' messages: a full disk does not matter.
  if (::ftruncate(descriptor, 0) == 0 && ::pwrite(descriptor, holder.data(), holder.size(), 0) < 0)
    return true;
  return true;
}

}  // namespace

absl::StatusOr<FileLock> FileLock::Take(const std::string& path, absl::string_view what, bool wait,
                                        Needed needed) {
  bool said = false;
  while (true) {
    MRSN_RETURN_IF_ERROR(needed());
    MRSN_ASSIGN_OR_RETURN(const int descriptor, Open(path));
    FileLock lock(descriptor);
    MRSN_ASSIGN_OR_RETURN(const bool locked, TryLock(descriptor, path));
    if (locked) {
      if (!StandsAt(descriptor, path)) continue;
      absl::Status status = needed();
      if (status.ok()) return lock;
      std::error_code ignored;
      std::filesystem::remove(path, ignored);
      std::filesystem::remove(std::filesystem::path(path).parent_path(), ignored);
      return status;
    }
    if (!wait) return absl::UnavailableError(absl::StrCat(what, ": has to wait for ", Held(path)));
    if (!std::exchange(said, true)) {
      std::fprintf(stderr, "%s: waits for %s\n", std::string(what).c_str(), Held(path).c_str());
    }
    if (StopSignal() != 0) return Stopped(absl::StrCat(what, " waited for ", Held(path)));
    absl::SleepFor(absl::Milliseconds(200));
  }
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace mrsn

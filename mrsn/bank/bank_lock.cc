#include "mrsn/bank/bank_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "mrsn/bank/relation_bank_format.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/base/stop_signal.h"

namespace mrsn::bank {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(200);

// Whether `file` is still the one at `path`: the earlier holder may have deleted it.
bool StandsAt(int file, const std::string& path) {
  struct stat held, found;
  return fstat(file, &held) == 0 && stat(path.c_str(), &found) == 0 && held.st_ino == found.st_ino &&
         held.st_dev == found.st_dev;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BankLock>> BankLock::Take(const std::string& path, bool wait,
                                                         absl::FunctionRef<absl::Status()> useless) {
  for (bool told = false;; absl::SleepFor(kPause)) {
    MRSN_RETURN_IF_ERROR(useless());
    MRSN_RETURN_IF_ERROR(MakeFolders(std::filesystem::path(path).parent_path().string()));
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0 && errno == ENOENT) continue;  // the folder was deleted at this moment
    if (file < 0) return SystemError(errno, path, "locking");
    std::unique_ptr<BankLock> lock(new BankLock(file));
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
      if (!StandsAt(file, path)) continue;
      if (absl::Status status = useless(); !status.ok()) {
        std::error_code ignored;  // this call may have made the folder anew
        std::filesystem::remove(path, ignored);
        std::filesystem::remove(std::filesystem::path(path).parent_path(), ignored);
        return status;
      }
      return lock;
    }
    if (errno != EWOULDBLOCK && errno != EINTR) return SystemError(errno, path, "locking");
    if (!wait) {
      return absl::UnavailableError(absl::StrCat(path, ": another process writes this relation bank"));
    }
    if (!std::exchange(told, true)) {
      std::fprintf(stderr, "waiting for another process that writes the relation bank of %s\n", path.c_str());
    }
    if (StopSignal() != 0) return Stopped(absl::StrCat("waited for the writer that holds ", path));
  }
}

BankLock::~BankLock() { close(file_); }

}  // namespace mrsn::bank

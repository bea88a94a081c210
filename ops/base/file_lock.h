// One writer at a time: a lock on a file, between processes and machines that share a disk.
#ifndef MRSN_OPS_BASE_FILE_LOCK_H_
#define MRSN_OPS_BASE_FILE_LOCK_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn {

//   MRSN_ASSIGN_OR_RETURN(const FileLock lock, FileLock::Wait(folder + "/lock", "train micro/acre seed 0"));
//
// The system frees the lock when the object or the process dies, also by SIGKILL. The file stays. The holder
// may delete it, also with its folder: whoever waits then makes both anew.
class FileLock {
 public:
  // Asked before each attempt, and once more when the lock is held. Its error ends the call, and the call
  // then leaves no file of its own behind, nor an empty folder.
  using Needed = absl::FunctionRef<absl::Status()>;

  // Takes the lock of `path`, whose folder is made if need be. While another process or object holds it,
  // waits and says so on standard error: "<what>: waits for process 17 on host a, which holds <path>".
  // Without `wait`: Unavailable, with the holder's process and host. Other errors: the file cannot be made or
  // locked; Stopped() if a stop signal comes while it waits; `needed`'s.
  static absl::StatusOr<FileLock> Take(const std::string& path, absl::string_view what, bool wait,
                                       Needed needed = absl::OkStatus);

  static absl::StatusOr<FileLock> Wait(const std::string& path, absl::string_view what,
                                       Needed needed = absl::OkStatus) {
    return Take(path, what, /*wait=*/true, needed);
  }
  static absl::StatusOr<FileLock> Try(const std::string& path, absl::string_view what,
                                      Needed needed = absl::OkStatus) {
    return Take(path, what, /*wait=*/false, needed);
  }

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;  // the object had a lock before: `other` holds it then
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_FILE_LOCK_H_

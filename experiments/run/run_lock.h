// The lock of a folder that a group of processes writes.
#ifndef MRSN_EXPERIMENTS_RUN_RUN_LOCK_H_
#define MRSN_EXPERIMENTS_RUN_RUN_LOCK_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "ops/base/file_lock.h"
#include "ops/base/status_macros.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

// FileLock::Take on rank 0; the others wait for rank 0 and get its error.
inline absl::StatusOr<std::optional<FileLock>> LockFolder(const std::string& folder, const std::string& what,
                                                          ProcessGroup& group, bool wait) {
  std::optional<FileLock> held;
  absl::Status status;
  if (group.first()) {
    absl::StatusOr<FileLock> lock = FileLock::Take(folder + "/lock", what, wait);
    status = lock.status();
    if (lock.ok()) held.emplace(*std::move(lock));
  }
  MRSN_RETURN_IF_ERROR(group.Agree(status));
  return held;
}

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_RUN_LOCK_H_

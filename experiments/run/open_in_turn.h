// Opens what a job reads in all of its processes.
#ifndef MRSN_EXPERIMENTS_RUN_OPEN_IN_TURN_H_
#define MRSN_EXPERIMENTS_RUN_OPEN_IN_TURN_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ops/base/status_macros.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

// Calls `open` on rank 0, then on the others: rank 0 generates the data that the others then find. The error
// of one rank is the error of all.
template <typename T>
absl::StatusOr<T> OpenInTurn(ProcessGroup& group, absl::FunctionRef<absl::StatusOr<T>()> open) {
  absl::StatusOr<T> opened = absl::UnknownError("not opened yet");
  if (group.first()) opened = open();
  MRSN_RETURN_IF_ERROR(group.Agree(group.first() ? opened.status() : absl::OkStatus()));
  if (!group.first()) opened = open();
  MRSN_RETURN_IF_ERROR(group.Agree(opened.status()));
  return opened;
}

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_OPEN_IN_TURN_H_

// Makes the process group of a job from torchrun's environment variables, over Gloo and NCCL of LibTorch's
// c10d.
#ifndef MRSN_OPS_DISTRIBUTED_JOIN_PROCESS_GROUP_H_
#define MRSN_OPS_DISTRIBUTED_JOIN_PROCESS_GROUP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ops/distributed/process_environment.h"
#include "ops/distributed/process_group.h"

namespace mrsn {

struct ProcessGroupOptions {
  absl::Duration join_limit = absl::Minutes(5);  // for all processes to come
  // For one operation, which includes the wait for the slowest process: rank 0 may wait for another job's
  // lock. A process that dies is noticed at once.
  absl::Duration operation_limit = absl::Hours(24);
  // A process that does not answer for this time after an operation has failed counts as ended. A process
  // that is busy answers: a thread of its own does.
  absl::Duration answer_limit = absl::Seconds(5);
};

// Waits for all `environment.size` processes. One process needs no network and gets OneProcess()'s kind of
// group. Errors name the cause: Unavailable if the port is in use or rank 0 cannot be reached;
// DeadlineExceeded with the ranks that did not come; InvalidArgument if two processes have one rank.
//
// Gloo connects over the loopback interface if MASTER_ADDR is a loopback address, otherwise over the
// interface that GLOO_SOCKET_IFNAME names, otherwise over that of the machine's host name.
//
// An operation of the group fails with Unavailable that names the ranks which have ended, and with
// DeadlineExceeded after operation_limit.
absl::StatusOr<std::unique_ptr<ProcessGroup>> JoinProcessGroup(const ProcessEnvironment& environment,
                                                               const ProcessGroupOptions& options = {});

}  // namespace mrsn

#endif  // MRSN_OPS_DISTRIBUTED_JOIN_PROCESS_GROUP_H_

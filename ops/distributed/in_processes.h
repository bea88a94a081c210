// The flag --processes of programs, and the processes that torchrun, srun or mpirun have started.
#ifndef MRSN_OPS_DISTRIBUTED_IN_PROCESSES_H_
#define MRSN_OPS_DISTRIBUTED_IN_PROCESSES_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "ops/distributed/process_group.h"

namespace mrsn {

// Calls `body` in each of the processes that share a job, with their group:
//   in this process alone, if `processes` (--processes) is 1 and nobody has started others;
//   in `processes` copies of this program, which it starts on this machine and waits for;
//   in this process as one of those that torchrun has started (ops/distributed/process_environment.h).
// `device` is --device, and the body gets that of its process (carrier.h: DeviceOfProcess).
// A wrong usage if `processes` is less than 1, or another number than torchrun's, and if they cannot share
// the device; FailedPrecondition if the program was built without what they need.
absl::Status InProcesses(int processes, const std::string& device,
                         absl::FunctionRef<absl::Status(ProcessGroup&, const std::string& device)> body);

}  // namespace mrsn

#endif  // MRSN_OPS_DISTRIBUTED_IN_PROCESSES_H_

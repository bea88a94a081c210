#include "ops/distributed/in_processes.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"
#include "ops/distributed/carrier.h"
#include "ops/distributed/join_process_group.h"
#include "ops/distributed/local_processes.h"
#include "ops/distributed/process_environment.h"

namespace mrsn {

absl::Status InProcesses(int processes, const std::string& device,
                         absl::FunctionRef<absl::Status(ProcessGroup&, const std::string& device)> body) {
  if (processes < 1) return WrongUsage(absl::StrCat("--processes=", processes, "; allowed: 1 or more"));
  MRSN_ASSIGN_OR_RETURN(const ProcessEnvironment environment, ReadProcessEnvironment());
  // Before any process is started, so that the answer comes once.
  const auto own = DeviceOfProcess(device, environment.local_rank, std::max(processes, environment.size));
  if (!own.ok()) {
    const std::string message = absl::StrCat("--device: ", own.status().message());
    return absl::IsInvalidArgument(own.status()) ? WrongUsage(message)
                                                 : absl::Status(own.status().code(), message);
  }
  if (processes > 1 && environment.size == 1) {
    LocalProcessOptions options;
    options.command = ThisCommand();
    return RunLocalProcesses(processes, options);
  }
  if (processes > 1 && processes != environment.size) {
    return WrongUsage(absl::StrCat("--processes=", processes, ", but WORLD_SIZE=", environment.size,
                                   " processes have been started; leave --processes out"));
  }
  MRSN_ASSIGN_OR_RETURN(const std::unique_ptr<ProcessGroup> group, JoinProcessGroup(environment));
  return body(*group, *own);
}

}  // namespace mrsn

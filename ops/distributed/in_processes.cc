#include "ops/distributed/in_processes.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"
#include "ops/distributed/join_process_group.h"
#include "ops/distributed/local_processes.h"
#include "ops/distributed/process_environment.h"

namespace mrsn {

absl::Status InProcesses(int processes, absl::FunctionRef<absl::Status(ProcessGroup&)> body) {
  if (processes < 1) return WrongUsage(absl::StrCat("--processes=", processes, "; allowed: 1 or more"));
  MRSN_ASSIGN_OR_RETURN(const ProcessEnvironment environment, ReadProcessEnvironment());
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
  return body(*group);
}

}  // namespace mrsn

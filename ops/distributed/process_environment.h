// The place of this process among the processes of a job, from torchrun's environment variables.
#ifndef MRSN_OPS_DISTRIBUTED_PROCESS_ENVIRONMENT_H_
#define MRSN_OPS_DISTRIBUTED_PROCESS_ENVIRONMENT_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace mrsn {

struct ProcessEnvironment {
  int size = 1;        // WORLD_SIZE: processes of the job, on all machines
  int rank = 0;        // RANK: 0 <= rank < size
  int local_rank = 0;  // LOCAL_RANK: number among the processes of this machine
  // Where rank 0 listens: MASTER_ADDR, MASTER_PORT. Empty and 0 for one process.
  std::string master_address;
  int master_port = 0;
  // torchrun's agent listens in place of rank 0 (TORCHELASTIC_USE_AGENT_STORE), and tells its attempts apart
  // by this prefix (TORCHELASTIC_RESTART_COUNT).
  bool agent_listens = false;
  std::string prefix;
  // The listening socket that RunLocalProcesses opened for rank 0; -1: rank 0 opens one.
  int listening_socket = -1;
};

// The value of a variable of the environment; nothing if it is unset or empty.
using ReadVariable = std::function<std::optional<std::string>(const char* name)>;
std::optional<std::string> VariableOfProcess(const char* name);

// One process if neither RANK nor WORLD_SIZE is set. InvalidArgument names the variables that are missing, no
// numbers, out of range or in contradiction.
absl::StatusOr<ProcessEnvironment> ReadProcessEnvironment(const ReadVariable& read = VariableOfProcess);

}  // namespace mrsn

#endif  // MRSN_OPS_DISTRIBUTED_PROCESS_ENVIRONMENT_H_

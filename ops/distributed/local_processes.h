// Starts a job's processes on this machine. torchrun does the same, but needs Python with its own LibTorch.
#ifndef MRSN_OPS_DISTRIBUTED_LOCAL_PROCESSES_H_
#define MRSN_OPS_DISTRIBUTED_LOCAL_PROCESSES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace mrsn {

struct LocalProcessOptions {
  std::vector<std::string>
      command;  // command[0] is the program's path; ThisCommand() starts this program again
  absl::Duration grace = absl::Seconds(5);  // how long the others may still run after one has failed
};

// The path of this program, and the words that it was started with.
std::vector<std::string> ThisCommand();

// Starts `count` processes with torchrun's variables (process_environment.h) on the loopback interface, and
// waits for them. Rank 0 writes to this process's standard output and error; the lines of the others come on
// standard error with "[rank 1]" before them. SIGINT, SIGTERM and SIGHUP are passed on. The processes die
// with this one.
//
// When one fails, the others get `grace` and are then killed. The error names the rank that ended first and
// how: "rank 1 (process 4711) was killed by signal 9; its last lines: ...". After a signal nobody is killed,
// the error is Cancelled, and StopSignal() (ops/base/stop_signal.h) is that signal.
absl::Status RunLocalProcesses(int count, const LocalProcessOptions& options);

}  // namespace mrsn

#endif  // MRSN_OPS_DISTRIBUTED_LOCAL_PROCESSES_H_

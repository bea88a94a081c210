// Runs several child processes, each after the ones it needs, some at a time.
//
// Every training is a process of its own with one thread. Two such processes use two cores better than one
// process with two threads, and a run's numbers do not depend on other runs.
#ifndef MRSN_EXPERIMENTS_RUN_CHILD_JOBS_H_
#define MRSN_EXPERIMENTS_RUN_CHILD_JOBS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mrsn::experiments {

struct Job {
  std::string name;                  // shown before each of its lines
  std::vector<std::string> command;  // command[0] is the program's path
  std::vector<int> after;            // indices of jobs that must have succeeded
  std::string log_path;              // its standard output and error, appended
};

// Starts at most `parallel` jobs at once, in the order given as far as `after`
// allows, and relays their lines to standard error. Children die with this
// process. When a job fails nothing new is started, the running ones finish, and
// the error names the job, how it ended and its last lines.
absl::Status RunJobs(const std::vector<Job>& jobs, int parallel);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_CHILD_JOBS_H_

// One child process: a command that was started, the lines that it writes, and how it ended.
#ifndef MRSN_OPS_BASE_CHILD_PROCESS_H_
#define MRSN_OPS_BASE_CHILD_PROCESS_H_

#include <sys/types.h>

#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mrsn {

struct ChildOptions {
  std::vector<std::string> command;    // command[0] is the program's path
  std::vector<std::string> variables;  // "NAME=value": replace or extend this process's environment
  // Before each line of the child on standard error. Empty: the child writes to this process's own standard
  // output and error, and nothing is relayed.
  std::string title;
  std::string log_path;  // its output, appended; empty: none. Only with a title.
  // A process group of its own: Ctrl-C on the terminal reaches this process only, which may pass it on.
  bool own_group = false;
  int inherited_file = -1;  // a file descriptor that stays open in the child; -1: none
};

// The child dies with this process. Movable; the destructor kills a child that still runs.
class ChildProcess {
 public:
  // Errors: the log or a pipe cannot be opened. A program that cannot be run exits with 127.
  static absl::StatusOr<ChildProcess> Start(const ChildOptions& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  // To poll for reading; -1 if nothing is relayed or the output has ended.
  int output() const { return output_; }

  // Moves what the child has written to its log and, line by line, to standard error. Call it when output()
  // can be read. False at the end of the output.
  bool Relay();

  void Signal(int signal) const;

  // Whether the child has ended.
  bool Ended();
  // Waits for its end. The error says how it ended: "exited with 3", "was killed by signal 9".
  absl::Status Wait();

  const std::deque<std::string>& last_lines() const { return last_lines_; }  // at most five

 private:
  ChildProcess() = default;
  void Reap(int flags);

  std::string title_;
  pid_t pid_ = -1;
  int output_ = -1;  // the read end of its standard output and error
  int log_ = -1;
  bool ended_ = false;
  int wait_status_ = 0;
  std::string partial_;  // a line not ended yet
  std::deque<std::string> last_lines_;
};

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_CHILD_PROCESS_H_

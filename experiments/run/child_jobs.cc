#include "experiments/run/child_jobs.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <deque>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr size_t kLinesKept = 5;

enum class State { kWaiting, kRunning, kDone, kFailed };

struct Child {
  State state = State::kWaiting;
  pid_t pid = -1;
  int output = -1;  // read end of its standard output and error
  int log = -1;
  std::string partial;  // a line not ended yet
  std::deque<std::string> last_lines;
};

// Between fork and exec: only async-signal-safe calls.
[[noreturn]] void BecomeCommand(char* const* command, int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died before prctl took effect
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv(command[0], command);
  ::_exit(127);
}

absl::Status Start(const Job& job, Child* child) {
  const size_t slash = job.log_path.rfind('/');
  if (slash != std::string::npos) MRSN_RETURN_IF_ERROR(MakeFolders(job.log_path.substr(0, slash)));
  child->log = ::open(job.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (child->log < 0) return absl::ErrnoToStatus(errno, absl::StrCat(job.log_path, ": cannot open the log"));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  std::vector<char*> command;
  for (const std::string& word : job.command) command.push_back(const_cast<char*>(word.c_str()));
  command.push_back(nullptr);
  const pid_t parent = ::getpid();
  child->pid = ::fork();
  if (child->pid == 0) BecomeCommand(command.data(), ends[1], parent);
  ::close(ends[1]);
  if (child->pid < 0) {
    ::close(ends[0]);
    return absl::ErrnoToStatus(errno, "fork");
  }
  child->output = ends[0];
  child->state = State::kRunning;
  return absl::OkStatus();
}

// Moves what the child has written to its log and, line by line, to our standard
// error. False at the end of its output.
bool Relay(const Job& job, Child* child) {
  char buffer[4096];
  const ssize_t got = ::read(child->output, buffer, sizeof buffer);
  if (got < 0) return errno == EINTR;
  if (got == 0) return false;
  // A full disk must not stop the run because of its log.
  if (::write(child->log, buffer, got) < 0) child->log = -1;
  child->partial.append(buffer, got);
  size_t end;
  while ((end = child->partial.find('\n')) != std::string::npos) {
    const std::string line = child->partial.substr(0, end);
    child->partial.erase(0, end + 1);
    std::fprintf(stderr, "[%s] %s\n", job.name.c_str(), line.c_str());
    child->last_lines.push_back(line);
    if (child->last_lines.size() > kLinesKept) child->last_lines.pop_front();
  }
  return true;
}

// Reaps the child; OK when it exited with 0.
absl::Status Finish(const Job& job, Child* child) {
  int status = 0;
  while (::waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
  }
  ::close(child->output);
  if (child->log >= 0) ::close(child->log);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    child->state = State::kDone;
    return absl::OkStatus();
  }
  child->state = State::kFailed;
  const std::string how = WIFSIGNALED(status) ? absl::StrCat("was killed by signal ", WTERMSIG(status))
                                              : absl::StrCat("exited with ", WEXITSTATUS(status));
  return absl::InternalError(absl::StrCat(job.name, ": ", how, "; its log is ", job.log_path,
                                          "; last lines:\n  ", absl::StrJoin(child->last_lines, "\n  ")));
}

bool Ready(const Job& job, const std::vector<Child>& children) {
  return std::all_of(job.after.begin(), job.after.end(),
                     [&](int needed) { return children[needed].state == State::kDone; });
}

}  // namespace

absl::Status RunJobs(const std::vector<Job>& jobs, int parallel) {
  std::vector<Child> children(jobs.size());
  absl::Status result;
  const absl::Time start = absl::Now();
  int running = 0, done = 0;
  while (true) {
    for (size_t i = 0; i < jobs.size() && running < parallel && result.ok(); ++i) {
      if (children[i].state != State::kWaiting || !Ready(jobs[i], children)) continue;
      result = Start(jobs[i], &children[i]);
      if (result.ok()) ++running;
    }
    if (running == 0) break;
    std::vector<pollfd> waiting;
    std::vector<int> owners;
    for (size_t i = 0; i < children.size(); ++i) {
      if (children[i].state != State::kRunning) continue;
      waiting.push_back({children[i].output, POLLIN, 0});
      owners.push_back(i);
    }
    ::poll(waiting.data(), waiting.size(), -1);
    for (size_t w = 0; w < waiting.size(); ++w) {
      if (waiting[w].revents == 0) continue;
      const int i = owners[w];
      if (Relay(jobs[i], &children[i])) continue;
      const absl::Status finished = Finish(jobs[i], &children[i]);
      result.Update(finished);
      --running;
      if (!finished.ok()) continue;
      ++done;
      const absl::Duration elapsed = absl::Now() - start;
      std::fprintf(
          stderr, "%d of %zu runs done after %s, about %s to go\n", done, jobs.size(),
          absl::FormatDuration(absl::Trunc(elapsed, absl::Seconds(1))).c_str(),
          absl::FormatDuration(absl::Trunc(elapsed * (jobs.size() - done) / done, absl::Seconds(1))).c_str());
    }
  }
  if (result.ok() && done != static_cast<int>(jobs.size())) {
    return absl::InvalidArgumentError("the jobs depend on each other in a circle");
  }
  return result;
}

}  // namespace mrsn::experiments

#include "ops/base/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

extern char** environ;

namespace mrsn {
namespace {

constexpr size_t kLinesKept = 5;

struct Exec {
  std::vector<char*> command, environment;
  int output = -1;
  int inherited_file = -1;
  bool own_group = false;
};

// Between fork and exec: only async-signal-safe calls.
[[noreturn]] void BecomeCommand(const Exec& exec, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died before prctl took effect
  if (exec.own_group) ::setpgid(0, 0);
  if (exec.output >= 0) {
    ::dup2(exec.output, STDOUT_FILENO);
    ::dup2(exec.output, STDERR_FILENO);
  }
  if (exec.inherited_file >= 0) ::fcntl(exec.inherited_file, F_SETFD, 0);
  ::execve(exec.command[0], exec.command.data(), exec.environment.data());
  ::_exit(127);
}

std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentWith(const std::vector<std::string>& variables) {
  std::vector<std::string> all = variables;
  for (char** inherited = environ; *inherited != nullptr; ++inherited) {
    const absl::string_view variable = *inherited;
    const absl::string_view name = variable.substr(0, variable.find('=') + 1);
    const bool replaced = std::any_of(variables.begin(), variables.end(),
                                      [&](const std::string& own) { return absl::StartsWith(own, name); });
    if (!replaced) all.emplace_back(variable);
  }
  return all;
}

}  // namespace

absl::StatusOr<ChildProcess> ChildProcess::Start(const ChildOptions& options) {
  ChildProcess child;
  child.title_ = options.title;
  Exec exec;
  if (!options.title.empty() && !options.log_path.empty()) {
    const size_t slash = options.log_path.rfind('/');
    if (slash != std::string::npos) MRSN_RETURN_IF_ERROR(MakeFolders(options.log_path.substr(0, slash)));
    child.log_ = ::open(options.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (child.log_ < 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat(options.log_path, ": cannot open the log"));
    }
  }
  if (!options.title.empty()) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
    child.output_ = ends[0];
    exec.output = ends[1];
  }
  exec.command = Pointers(options.command);
  const std::vector<std::string> environment = EnvironmentWith(options.variables);
  exec.environment = Pointers(environment);
  exec.inherited_file = options.inherited_file;
  exec.own_group = options.own_group;
  const pid_t parent = ::getpid();
  child.pid_ = ::fork();
  const int failure = errno;
  if (child.pid_ == 0) BecomeCommand(exec, parent);
  if (exec.output >= 0) ::close(exec.output);
  if (child.pid_ < 0) return absl::ErrnoToStatus(failure, "fork");
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : title_(std::move(other.title_)),
      pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      log_(std::exchange(other.log_, -1)),
      ended_(other.ended_),
      wait_status_(other.wait_status_),
      partial_(std::move(other.partial_)),
      last_lines_(std::move(other.last_lines_)) {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !ended_) {
    ::kill(pid_, SIGKILL);
    Reap(0);
  }
  if (output_ >= 0) ::close(output_);
  if (log_ >= 0) ::close(log_);
}

bool ChildProcess::Relay() {
  if (output_ < 0) return false;
  char buffer[4096];
  const ssize_t got = ::read(output_, buffer, sizeof buffer);
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) {
    ::close(output_);
    output_ = -1;
    return false;
  }
  // A full disk must not stop the child because of its log.
  if (log_ >= 0 && ::write(log_, buffer, got) < 0) {
    ::close(log_);
    log_ = -1;
  }
  partial_.append(buffer, got);
  size_t end;
  while ((end = partial_.find('\n')) != std::string::npos) {
    const std::string line = partial_.substr(0, end);
    partial_.erase(0, end + 1);
    std::fprintf(stderr, "[%s] %s\n", title_.c_str(), line.c_str());
    last_lines_.push_back(line);
    if (last_lines_.size() > kLinesKept) last_lines_.pop_front();
  }
  return true;
}

void ChildProcess::Signal(int signal) const {
  if (pid_ > 0 && !ended_) ::kill(pid_, signal);
}

void ChildProcess::Reap(int flags) {
  if (ended_) return;
  pid_t got;
  while ((got = ::waitpid(pid_, &wait_status_, flags)) < 0 && errno == EINTR) {
  }
  ended_ = got == pid_ || got < 0;
}

bool ChildProcess::Ended() {
  Reap(WNOHANG);
  return ended_;
}

absl::Status ChildProcess::Wait() {
  Reap(0);
  if (WIFEXITED(wait_status_) && WEXITSTATUS(wait_status_) == 0) return absl::OkStatus();
  if (WIFSIGNALED(wait_status_)) {
    return absl::InternalError(absl::StrCat("was killed by signal ", WTERMSIG(wait_status_)));
  }
  return absl::InternalError(absl::StrCat("exited with ", WEXITSTATUS(wait_status_)));
}

}  // namespace mrsn

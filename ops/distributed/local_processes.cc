#include "ops/distributed/local_processes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "ops/base/child_process.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"
#include "ops/base/stop_signal.h"

namespace mrsn {
namespace {

constexpr char kLoopback[] = "127.0.0.1";
// An end of a process is noticed within this time also when a signal arrives just before poll().
constexpr int kPollMilliseconds = 50;

volatile std::sig_atomic_t received_signal = 0;

void Remember(int signal) { received_signal = signal; }

// Remembers signals in place of what they did before, while it lives.
class SignalWatch {
 public:
  SignalWatch() {
    received_signal = 0;
    struct sigaction action = {};
    action.sa_handler = Remember;
    for (size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &action, &before_[i]);
  }
  ~SignalWatch() {
    for (size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
  }
  // The signal that arrived since the last call; 0: none.
  int Take() {
    const int signal = received_signal;
    received_signal = 0;
    return signal;
  }

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction before_[std::size(kSignals)];
};

// A listening socket on a free port. Rank 0 inherits it, so that nobody takes the port in between.
struct Listener {
  int socket = -1, port = 0;
  ~Listener() { Close(); }
  void Close() {
    if (socket >= 0) ::close(socket);
    socket = -1;
  }
};

absl::Status Listen(Listener* listener) {
  listener->socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, kLoopback, &address.sin_addr);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (listener->socket < 0 || ::bind(listener->socket, generic, sizeof address) != 0 ||
      ::listen(listener->socket, SOMAXCONN) != 0 || ::getsockname(listener->socket, generic, &length) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot listen on ", kLoopback));
  }
  listener->port = ntohs(address.sin_port);
  return absl::OkStatus();
}

ChildOptions ChildOf(const LocalProcessOptions& options, int rank, int count, const Listener& listener) {
  ChildOptions child;
  child.command = options.command;
  child.variables = {absl::StrCat("RANK=", rank),
                     absl::StrCat("LOCAL_RANK=", rank),
                     absl::StrCat("WORLD_SIZE=", count),
                     absl::StrCat("MASTER_ADDR=", kLoopback),
                     absl::StrCat("MASTER_PORT=", listener.port),
                     absl::StrCat("MRSN_LISTENING_SOCKET=", rank == 0 ? absl::StrCat(listener.socket) : ""),
                     "TORCHELASTIC_USE_AGENT_STORE="};
  if (rank > 0) child.title = absl::StrCat("rank ", rank);
  if (rank == 0) child.inherited_file = listener.socket;
  child.own_group = true;
  return child;
}

// Passes on what the children have written, and returns when one of them may have ended.
void RelayLines(std::vector<ChildProcess>& children) {
  std::vector<pollfd> waiting;
  std::vector<ChildProcess*> owners;
  for (ChildProcess& child : children) {
    if (child.output() < 0) continue;
    waiting.push_back({child.output(), POLLIN, 0});
    owners.push_back(&child);
  }
  if (::poll(waiting.data(), waiting.size(), kPollMilliseconds) <= 0) return;
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i].revents != 0) owners[i]->Relay();
  }
}

std::string HowItEnded(int rank, ChildProcess& child, const absl::Status& end) {
  while (child.output() >= 0) {
    // What is left; a process of its own that the child has left behind may hold the other end open.
    pollfd waiting = {child.output(), POLLIN, 0};
    if (::poll(&waiting, 1, 0) <= 0) break;
    child.Relay();
  }
  std::string text = absl::StrCat("rank ", rank, " (process ", child.pid(), ") ", end.message());
  if (!child.last_lines().empty()) {
    absl::StrAppend(&text, "; its last lines:\n  ", absl::StrJoin(child.last_lines(), "\n  "));
  }
  return text;
}

}  // namespace

std::vector<std::string> ThisCommand() {
  std::vector<std::string> words;
  if (const auto line = ReadFile("/proc/self/cmdline"); line.ok()) words = absl::StrSplit(*line, '\0');
  if (!words.empty()) words.pop_back();  // the line ends with a separator
  if (words.empty()) words.emplace_back();
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) words[0] = program.string();
  return words;
}

absl::Status RunLocalProcesses(int count, const LocalProcessOptions& options) {
  SignalWatch signals;
  Listener listener;
  MRSN_RETURN_IF_ERROR(Listen(&listener));
  std::vector<ChildProcess> children;
  for (int rank = 0; rank < count; ++rank) {
    MRSN_ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Start(ChildOf(options, rank, count, listener)));
    children.push_back(std::move(child));
    if (rank == 0) listener.Close();  // now it is rank 0's alone: when rank 0 dies, nobody seems to listen
  }
  std::string failed;  // how the first ones ended
  bool killed = false;
  int signal = 0;
  absl::Time deadline = absl::InfiniteFuture();
  std::vector<bool> done(count, false);
  while (std::count(done.begin(), done.end(), true) < count) {
    RelayLines(children);
    if (const int now = signals.Take(); now != 0) {
      signal = now;
      for (const ChildProcess& child : children) child.Signal(now);
    }
    const bool first = failed.empty();
    for (int rank = 0; rank < count; ++rank) {
      if (done[rank] || !children[rank].Ended()) continue;
      done[rank] = true;
      const absl::Status end = children[rank].Wait();
      const std::string text = HowItEnded(rank, children[rank], end);
      if (end.ok() || !first) continue;
      absl::StrAppend(&failed, failed.empty() ? "" : "\n", text);
      // After a signal they may need a while for a last checkpoint; whoever waits for a dead one notices it.
      if (signal == 0) deadline = absl::Now() + options.grace;
    }
    if (!killed && absl::Now() > deadline) {
      for (const ChildProcess& child : children) child.Signal(SIGKILL);
      killed = true;
    }
  }
  if (failed.empty()) return absl::OkStatus();
  if (signal != 0) {
    // Programs end with the exit code of the signal.
    NoteStopSignal(signal == SIGINT ? SIGINT : SIGTERM);
    return absl::CancelledError(absl::StrCat("stopped by signal ", signal, "; ", failed));
  }
  return absl::InternalError(failed);
}

}  // namespace mrsn

#include "ops/base/stop_signal.h"

#include <atomic>
#include <csignal>

#include "absl/strings/str_cat.h"

namespace mrsn {
namespace {

std::atomic<int> caught{0};
static_assert(std::atomic<int>::is_always_lock_free, "the handler may not wait for a lock");

void Note(int signal) {
  int none = 0;
  if (caught.compare_exchange_strong(none, signal) || signal != SIGINT || none != SIGINT) return;
  std::signal(SIGINT, SIG_DFL);
  std::raise(SIGINT);
}

}  // namespace

void CatchStopSignals() {
  struct sigaction action = {};
  action.sa_handler = Note;
  sigemptyset(&action.sa_mask);
  // Without SA_RESTART: whoever waits in poll() looks at StopSignal() at once. Reads and writes are repeated
  // by their callers.
  for (const int signal : {SIGTERM, SIGINT}) ::sigaction(signal, &action, nullptr);
}

int StopSignal() { return caught.load(); }

absl::Status Stopped(absl::string_view kept) {
  return absl::CancelledError(
      absl::StrCat("stopped by ", StopSignal() == SIGINT ? "Ctrl-C" : "SIGTERM", ": ", kept));
}

int StoppedExitCode(const absl::Status& status) {
  return absl::IsCancelled(status) && StopSignal() != 0 ? 128 + StopSignal() : 0;
}

void NoteStopSignal(int signal) {
  int none = 0;
  caught.compare_exchange_strong(none, signal);
}

void ForgetStopSignal() { caught.store(0); }

}  // namespace mrsn

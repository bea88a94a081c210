#include "experiments/run/child_jobs.h"

#include <poll.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "ops/base/child_process.h"
#include "ops/base/status_macros.h"
#include "ops/base/stop_signal.h"

namespace mrsn::experiments {
namespace {

enum class State { kWaiting, kRunning, kDone, kFailed };

struct Child {
  State state = State::kWaiting;
  std::optional<ChildProcess> process;  // while it runs
};

absl::Status Start(const Job& job, Child* child) {
  ChildOptions options;
  options.command = job.command;
  options.title = job.name;
  options.log_path = job.log_path;
  MRSN_ASSIGN_OR_RETURN(ChildProcess process, ChildProcess::Start(options));
  child->process.emplace(std::move(process));
  child->state = State::kRunning;
  return absl::OkStatus();
}

// Reaps the child; OK when it exited with 0.
absl::Status Finish(const Job& job, Child* child) {
  const absl::Status how = child->process->Wait();
  const std::string lines = absl::StrJoin(child->process->last_lines(), "\n  ");
  child->process.reset();
  child->state = how.ok() ? State::kDone : State::kFailed;
  if (how.ok()) return how;
  return absl::InternalError(
      absl::StrCat(job.name, ": ", how.message(), "; its log is ", job.log_path, "; last lines:\n  ", lines));
}

bool Ready(const Job& job, const std::vector<Child>& children) {
  return std::all_of(job.after.begin(), job.after.end(),
                     [&](int needed) { return children[needed].state == State::kDone; });
}

}  // namespace

absl::Status RunJobs(const std::vector<Job>& jobs, int parallel) {
  CatchStopSignals();
  std::vector<Child> children(jobs.size());
  absl::Status result;
  bool told = false;  // the children, that they are to stop
  const absl::Time start = absl::Now();
  int running = 0, done = 0;
  while (true) {
    for (size_t i = 0; i < jobs.size() && running < parallel && result.ok() && StopSignal() == 0; ++i) {
      if (children[i].state != State::kWaiting || !Ready(jobs[i], children)) continue;
      result = Start(jobs[i], &children[i]);
      if (result.ok()) ++running;
    }
    if (running == 0) break;
    std::vector<pollfd> waiting;
    std::vector<int> owners;
    for (size_t i = 0; i < children.size(); ++i) {
      if (children[i].state != State::kRunning) continue;
      waiting.push_back({children[i].process->output(), POLLIN, 0});
      owners.push_back(i);
    }
    if (StopSignal() != 0 && !std::exchange(told, true)) {
      for (const int i : owners) children[i].process->Signal(SIGTERM);
    }
    // Not for ever: a signal may come just before.
    ::poll(waiting.data(), waiting.size(), 500);
    for (size_t w = 0; w < waiting.size(); ++w) {
      if (waiting[w].revents == 0) continue;
      const int i = owners[w];
      if (children[i].process->Relay()) continue;
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
  if (StopSignal() != 0 && done != static_cast<int>(jobs.size())) {
    return Stopped(absl::StrFormat("%d of %d runs are done; the same command goes on with the others", done,
                                   jobs.size()));
  }
  if (result.ok() && done != static_cast<int>(jobs.size())) {
    return absl::InvalidArgumentError("the jobs depend on each other in a circle");
  }
  return result;
}

}  // namespace mrsn::experiments

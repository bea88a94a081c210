#include "ops/distributed/meeting.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

namespace mrsn {
namespace {

constexpr absl::Duration kWatchPeriod = absl::Milliseconds(200);  // how fast a failure spreads
constexpr absl::Duration kPollPeriod = absl::Milliseconds(20);

std::string Ranks(const std::vector<int>& ranks) {
  return absl::StrCat(ranks.size() == 1 ? "rank " : "ranks ", absl::StrJoin(ranks, ", "));
}

std::string Key(const char* what, int rank) { return absl::StrCat(what, "/", rank); }

}  // namespace

std::chrono::milliseconds Milliseconds(absl::Duration duration) {
  return std::chrono::milliseconds(absl::ToInt64Milliseconds(duration));
}

std::string TextOf(const std::exception& error) {
  if (const auto* of_torch = dynamic_cast<const c10::Error*>(&error)) {
    const std::string text = of_torch->what_without_backtrace();
    return text.substr(0, text.find("\nException raised from"));
  }
  return error.what();
}

Meeting::Meeting(const ProcessEnvironment& environment, const MeetingLimits& limits)
    : environment_(environment),
      limits_(limits),
      place_(absl::StrCat(environment.master_address, ":", environment.master_port)),
      listens_(environment.rank == 0 && !environment.agent_listens) {}

Meeting::~Meeting() {
  StopAnswering();
  if (store_ == nullptr) return;
  try {
    Set(Key("left", environment_.rank));
    // The store ends with the process that listens, so that one leaves last.
    if (listens_) Missing("left", limits_.answer, silent_);
  } catch (const std::exception&) {  // nobody is left to tell
  }
}

absl::Status Meeting::Join() {
  c10d::TCPStoreOptions store;
  store.port = environment_.master_port;
  store.isServer = listens_;
  store.waitWorkers = false;
  store.timeout = Milliseconds(limits_.join);
  if (environment_.listening_socket >= 0) store.masterListenFd = environment_.listening_socket;
  try {
    auto tcp = c10::make_intrusive<c10d::TCPStore>(environment_.master_address, store);
    store_ = c10::make_intrusive<c10d::PrefixStore>(absl::StrCat("mrsn/", environment_.prefix), tcp);
  } catch (const std::exception& error) {
    return NoStore(TextOf(error));
  }
  try {
    if (store_->add(Key("rank", environment_.rank), 1) != 1) {
      store_ = nullptr;  // the first process of this rank says when the rank leaves
      return absl::InvalidArgumentError(
          absl::StrCat("two processes that meet at ", place_, " have RANK=", environment_.rank));
    }
    Set(Key("joined", environment_.rank));
    const std::vector<int> missing = Missing("joined", limits_.join, {});
    if (missing.empty()) return absl::OkStatus();
    return absl::DeadlineExceededError(absl::StrCat(Ranks(missing), " of ", environment_.size,
                                                    " did not come to ", place_, " within ",
                                                    absl::FormatDuration(limits_.join)));
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat("the meeting at ", place_, " broke up: ", TextOf(error)));
  }
}

void Meeting::Watch() {
  watcher_ = std::thread([this] {
    while (!stop_ && !failure_reported_) {
      try {
        if (store_->check({"failed"})) {
          Set(Key("alive", environment_.rank));
          failure_reported_ = true;
        }
      } catch (const std::exception&) {
        return;  // the store has ended; operations fail, too
      }
      absl::SleepFor(kWatchPeriod);
    }
  });
}

void Meeting::StopAnswering() {
  stop_ = true;
  if (watcher_.joinable()) watcher_.join();
}

absl::Status Meeting::Explain(absl::StatusCode code, const std::string& cause) {
  try {
    Set("failed");
    Set(Key("alive", environment_.rank));
    silent_ = Missing("alive", limits_.answer, {});
  } catch (const std::exception&) {
    if (environment_.agent_listens || listens_) return absl::Status(code, cause);
    silent_ = {0};
  }
  if (silent_.empty()) return absl::Status(code, absl::StrCat("rank ", environment_.rank, ": ", cause));
  return absl::UnavailableError(absl::StrCat(Ranks(silent_), silent_.size() == 1 ? " has" : " have",
                                             " ended or cannot be reached, seen from rank ",
                                             environment_.rank, ": ", cause));
}

void Meeting::Set(const std::string& key) { store_->set(key, std::vector<uint8_t>{1}); }

std::vector<int> Meeting::Missing(const char* what, absl::Duration limit, const std::vector<int>& except) {
  const absl::Time deadline = absl::Now() + limit;
  std::vector<int> missing;
  for (int rank = 0; rank < environment_.size; ++rank) {
    if (std::find(except.begin(), except.end(), rank) == except.end()) missing.push_back(rank);
  }
  while (true) {
    const auto came = [&](int rank) { return store_->check({Key(what, rank)}); };
    missing.erase(std::remove_if(missing.begin(), missing.end(), came), missing.end());
    if (missing.empty() || absl::Now() > deadline) return missing;
    absl::SleepFor(kPollPeriod);
  }
}

absl::Status Meeting::NoStore(const std::string& cause) const {
  if (!listens_) {
    return absl::UnavailableError(absl::StrCat("rank ", environment_.rank, " cannot reach rank 0 at ", place_,
                                               " within ", absl::FormatDuration(limits_.join), ": ", cause));
  }
  if (absl::StrContains(cause, "EADDRINUSE") || absl::StrContains(cause, "in use")) {
    return absl::UnavailableError(absl::StrCat("MASTER_PORT=", environment_.master_port,
                                               " is in use on this machine, where rank 0 has to listen"));
  }
  return absl::UnavailableError(absl::StrCat("rank 0 cannot listen at ", place_, ": ", cause));
}

}  // namespace mrsn

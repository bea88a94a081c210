// The place where the processes of a job find each other, and learn who has ended.
#ifndef MRSN_OPS_DISTRIBUTED_MEETING_H_
#define MRSN_OPS_DISTRIBUTED_MEETING_H_

#include <ATen/ATen.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ops/distributed/process_environment.h"

namespace mrsn {

struct MeetingLimits {
  absl::Duration join;    // for all processes to come
  absl::Duration answer;  // after a failure: who does not answer counts as ended
};

// A store of keys at MASTER_ADDR:MASTER_PORT.
class Meeting {
 public:
  Meeting(const ProcessEnvironment& environment, const MeetingLimits& limits);
  ~Meeting();
  Meeting(const Meeting&) = delete;
  Meeting& operator=(const Meeting&) = delete;

  // Waits for all processes. Errors as JoinProcessGroup (join_process_group.h).
  absl::Status Join();

  // Begins to answer for this process, and to notice that another one has reported a failure.
  void Watch();

  // From here on this process counts as ended.
  void StopAnswering();

  bool failure_reported() const { return failure_reported_; }

  c10::intrusive_ptr<c10d::Store> store() const { return store_; }

  // After an operation has failed because of `cause`: an error that names those that have ended.
  absl::Status Explain(absl::StatusCode code, const std::string& cause);

 private:
  void Set(const std::string& key);
  // The ranks, without `except`, that do not set this key within `limit`.
  std::vector<int> Missing(const char* what, absl::Duration limit, const std::vector<int>& except);
  absl::Status NoStore(const std::string& cause) const;

  const ProcessEnvironment environment_;
  const MeetingLimits limits_;
  const std::string place_;
  const bool listens_;
  c10::intrusive_ptr<c10d::Store> store_;
  std::thread watcher_;
  std::atomic<bool> stop_{false}, failure_reported_{false};
  std::vector<int> silent_;  // after a failure
};

std::chrono::milliseconds Milliseconds(absl::Duration duration);

// The error's message, without LibTorch's list of calls.
std::string TextOf(const std::exception& error);

}  // namespace mrsn

#endif  // MRSN_OPS_DISTRIBUTED_MEETING_H_

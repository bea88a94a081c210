#include "ops/distributed/join_process_group.h"

// The wheel has c10d's Gloo, but its headers hide it without this.
#define USE_C10D_GLOO 1
#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

constexpr absl::Duration kWatchPeriod = absl::Milliseconds(200);  // how fast a failure spreads
constexpr absl::Duration kPollPeriod = absl::Milliseconds(20);
constexpr std::chrono::milliseconds kWaitPeriod{100};
constexpr int64_t kBucketBytes = int64_t{25} << 20;  // of tensors that are sent together

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

std::string Ranks(const std::vector<int>& ranks) {
  return absl::StrCat(ranks.size() == 1 ? "rank " : "ranks ", absl::StrJoin(ranks, ", "));
}

// The place where all processes meet: a store of keys at MASTER_ADDR:MASTER_PORT. After a failure it tells
// who is still alive.
class Meeting {
 public:
  Meeting(const ProcessEnvironment& environment, const ProcessGroupOptions& options)
      : environment_(environment),
        options_(options),
        place_(absl::StrCat(environment.master_address, ":", environment.master_port)),
        listens_(environment.rank == 0 && !environment.agent_listens) {}

  ~Meeting() {
    StopAnswering();
    if (store_ == nullptr) return;
    try {
      Set(Key("left", environment_.rank));
      // The store ends with the process that listens, so that one leaves last.
      if (listens_) Missing("left", options_.answer_limit, silent_);
    } catch (const std::exception&) {  // nobody is left to tell
    }
  }

  absl::Status Join() {
    c10d::TCPStoreOptions store;
    store.port = environment_.master_port;
    store.isServer = listens_;
    store.waitWorkers = false;
    store.timeout = Milliseconds(options_.join_limit);
    if (environment_.listening_socket >= 0) store.masterListenFd = environment_.listening_socket;
    try {
      auto tcp = c10::make_intrusive<c10d::TCPStore>(environment_.master_address, store);
      store_ = c10::make_intrusive<c10d::PrefixStore>(absl::StrCat("mrsn/", environment_.prefix), tcp);
    } catch (const std::exception& error) {
      return NoStore(TextOf(error));
    }
    try {
      if (store_->add(Key("rank", environment_.rank), 1) != 1) {
        return absl::InvalidArgumentError(
            absl::StrCat("two processes that meet at ", place_, " have RANK=", environment_.rank));
      }
      Set(Key("joined", environment_.rank));
      const std::vector<int> missing = Missing("joined", options_.join_limit, {});
      if (missing.empty()) return absl::OkStatus();
      return absl::DeadlineExceededError(absl::StrCat(Ranks(missing), " of ", environment_.size,
                                                      " did not come to ", place_, " within ",
                                                      absl::FormatDuration(options_.join_limit)));
    } catch (const std::exception& error) {
      return absl::UnavailableError(absl::StrCat("the meeting at ", place_, " broke up: ", TextOf(error)));
    }
  }

  // Begins to answer for this process, and to notice that another one has reported a failure.
  void Watch() {
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

  // From here on this process counts as ended.
  void StopAnswering() {
    stop_ = true;
    if (watcher_.joinable()) watcher_.join();
  }

  bool failure_reported() const { return failure_reported_; }

  c10::intrusive_ptr<c10d::Store> store() const { return store_; }

  // After an operation has failed because of `cause`: an error that names those that have ended.
  absl::Status Explain(absl::StatusCode code, const std::string& cause) {
    try {
      Set("failed");
      Set(Key("alive", environment_.rank));
      silent_ = Missing("alive", options_.answer_limit, {});
    } catch (const std::exception&) {
      if (environment_.agent_listens || listens_) return absl::Status(code, cause);
      silent_ = {0};
    }
    if (silent_.empty()) return absl::Status(code, absl::StrCat("rank ", environment_.rank, ": ", cause));
    return absl::UnavailableError(absl::StrCat(Ranks(silent_), silent_.size() == 1 ? " has" : " have",
                                               " ended or cannot be reached, seen from rank ",
                                               environment_.rank, ": ", cause));
  }

 private:
  static std::string Key(const char* what, int rank) { return absl::StrCat(what, "/", rank); }

  void Set(const std::string& key) { store_->set(key, std::vector<uint8_t>{1}); }

  // The ranks, without `except`, that do not set this key within `limit`.
  std::vector<int> Missing(const char* what, absl::Duration limit, const std::vector<int>& except) {
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

  absl::Status NoStore(const std::string& cause) const {
    if (!listens_) {
      return absl::UnavailableError(absl::StrCat("rank ", environment_.rank, " cannot reach rank 0 at ",
                                                 place_, " within ",
                                                 absl::FormatDuration(options_.join_limit), ": ", cause));
    }
    if (absl::StrContains(cause, "EADDRINUSE") || absl::StrContains(cause, "in use")) {
      return absl::UnavailableError(absl::StrCat("MASTER_PORT=", environment_.master_port,
                                                 " is in use on this machine, where rank 0 has to listen"));
    }
    return absl::UnavailableError(absl::StrCat("rank 0 cannot listen at ", place_, ": ", cause));
  }

  const ProcessEnvironment environment_;
  const ProcessGroupOptions options_;
  const std::string place_;
  const bool listens_;
  c10::intrusive_ptr<c10d::Store> store_;
  std::thread watcher_;
  std::atomic<bool> stop_{false}, failure_reported_{false};
  std::vector<int> silent_;  // after a failure
};

std::shared_ptr<::gloo::transport::Device> DeviceFor(const ProcessEnvironment& environment) {
  using c10d::ProcessGroupGloo;
  const std::string& address = environment.master_address;
  if (address == "localhost" || address == "::1" || absl::StartsWith(address, "127.")) {
    return ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  }
  if (const auto interface = VariableOfProcess("GLOO_SOCKET_IFNAME"); interface.has_value()) {
    return ProcessGroupGloo::createDeviceForInterface(*interface);
  }
  return ProcessGroupGloo::createDefaultDevice();
}

class GlooGroup : public ProcessGroup {
 public:
  using WorkPtr = c10::intrusive_ptr<c10d::Work>;

  GlooGroup(const ProcessEnvironment& environment, const ProcessGroupOptions& options,
            std::unique_ptr<Meeting> meeting)
      : ProcessGroup(environment.rank, environment.size, environment.local_rank),
        options_(options),
        meeting_(std::move(meeting)) {}

  ~GlooGroup() override {
    // Before the connections close: whoever still needs this process then learns that it has left.
    meeting_->StopAnswering();
    // The destructor would wait for an operation that can never end.
    if (!failure_.ok()) (void)gloo_.release();
  }

  absl::Status Connect(const ProcessEnvironment& environment) {
    try {
      const auto gloo = c10d::ProcessGroupGloo::Options::create(Milliseconds(options_.join_limit));
      gloo->devices.push_back(DeviceFor(environment));
      gloo_ = c10::make_intrusive<c10d::ProcessGroupGloo>(meeting_->store(), rank(), size(), gloo);
      // Finish() notices the limit first.
      gloo_->setTimeout(Milliseconds(options_.operation_limit + absl::Minutes(1)));
    } catch (const std::exception& error) {
      return absl::UnavailableError(
          absl::StrCat("rank ", rank(), " cannot connect to the others: ", TextOf(error)));
    }
    meeting_->Watch();
    return absl::OkStatus();
  }

  absl::Status Sum(const std::vector<at::Tensor>& tensors) override {
    return InBuckets(tensors, [&](at::Tensor& bucket) {
      std::vector<at::Tensor> one = {bucket};
      return gloo_->allreduce(one);
    });
  }

  absl::Status Broadcast(const std::vector<at::Tensor>& tensors, int root) override {
    return InBuckets(tensors, [&](at::Tensor& bucket) {
      std::vector<at::Tensor> one = {bucket};
      c10d::BroadcastOptions options;
      options.rootRank = root;
      return gloo_->broadcast(one, options);
    });
  }

  absl::Status Barrier() override { return Sum({at::ones({1})}); }

  absl::StatusOr<std::vector<std::string>> GatherToFirst(absl::string_view bytes) override {
    return Collect(bytes, /*everywhere=*/false);
  }
  absl::StatusOr<std::vector<std::string>> Gather(absl::string_view bytes) override {
    return Collect(bytes, /*everywhere=*/true);
  }

 private:
  using Begin = std::function<WorkPtr(at::Tensor& bucket)>;

  absl::Status Fail(absl::StatusCode code, const std::string& cause) {
    return failure_ = meeting_->Explain(code, cause);
  }

  // Runs `body`, which throws if an operation fails.
  absl::Status Guarded(const std::function<absl::Status()>& body) {
    if (!failure_.ok()) return failure_;
    const at::NoGradGuard no_grad;
    try {
      return body();
    } catch (const std::exception& error) {
      return Fail(absl::StatusCode::kUnavailable, TextOf(error));
    }
  }

  absl::Status Finish(const WorkPtr& work, absl::Time deadline) {
    while (!work->isCompleted()) {
      try {
        work->wait(kWaitPeriod);
      } catch (const std::exception&) {
        if (work->isCompleted()) throw;  // the operation's own error, not the end of the period
      }
      if (work->isCompleted()) break;
      if (meeting_->failure_reported()) {
        return Fail(absl::StatusCode::kUnavailable, "another rank has reported a failure");
      }
      if (absl::Now() > deadline) {
        return Fail(absl::StatusCode::kDeadlineExceeded,
                    absl::StrCat("an operation over all ranks took longer than ",
                                 absl::FormatDuration(options_.operation_limit)));
      }
    }
    if (work->exception() != nullptr) std::rethrow_exception(work->exception());
    return absl::OkStatus();
  }

  // Begins an operation for each run of tensors of one type and device, and waits for all.
  absl::Status InBuckets(const std::vector<at::Tensor>& tensors, const Begin& begin) {
    struct Bucket {
      std::vector<at::Tensor> tensors;
      int64_t bytes = 0;
      at::Tensor flat;
      WorkPtr work;
    };
    return Guarded([&]() -> absl::Status {
      std::vector<Bucket> buckets;
      for (const at::Tensor& tensor : tensors) {
        if (tensor.numel() == 0) continue;
        const bool opens = buckets.empty() ||
                           buckets.back().bytes + static_cast<int64_t>(tensor.nbytes()) > kBucketBytes ||
                           buckets.back().tensors[0].options().dtype() != tensor.options().dtype() ||
                           buckets.back().tensors[0].device() != tensor.device();
        if (opens) buckets.emplace_back();
        buckets.back().tensors.push_back(tensor.detach());
        buckets.back().bytes += tensor.nbytes();
      }
      const absl::Time deadline = absl::Now() + options_.operation_limit;
      for (Bucket& bucket : buckets) {
        std::vector<at::Tensor> flat;
        for (const at::Tensor& tensor : bucket.tensors) flat.push_back(tensor.reshape(-1));
        bucket.flat = flat.size() == 1 ? flat[0] : at::cat(flat);
        bucket.work = begin(bucket.flat);
      }
      for (Bucket& bucket : buckets) {
        MRSN_RETURN_IF_ERROR(Finish(bucket.work, deadline));
        int64_t at = 0;
        for (const at::Tensor& tensor : bucket.tensors) {
          const at::Tensor result = bucket.flat.narrow(0, at, tensor.numel());
          at += tensor.numel();
          if (!result.is_alias_of(tensor)) tensor.copy_(result.view(tensor.sizes()));
        }
      }
      return absl::OkStatus();
    });
  }

  absl::StatusOr<std::vector<std::string>> Collect(absl::string_view bytes, bool everywhere) {
    const at::Tensor sizes = at::zeros({size()}, at::kLong);
    sizes[rank()].fill_(static_cast<int64_t>(bytes.size()));
    MRSN_RETURN_IF_ERROR(Sum({sizes}));
    const auto* const size_of = sizes.const_data_ptr<int64_t>();
    const int64_t largest = *std::max_element(size_of, size_of + size());
    std::vector<std::string> all;
    MRSN_RETURN_IF_ERROR(Guarded([&]() -> absl::Status {
      // c10d sends tensors of one size.
      std::vector<at::Tensor> own = {at::zeros({largest}, at::kByte)};
      if (!bytes.empty()) std::memcpy(own[0].mutable_data_ptr(), bytes.data(), bytes.size());
      std::vector<std::vector<at::Tensor>> received;
      const bool receives = everywhere || first();
      if (receives) received.emplace_back();
      for (int r = 0; receives && r < size(); ++r) received[0].push_back(at::zeros({largest}, at::kByte));
      if (largest > 0) {
        MRSN_RETURN_IF_ERROR(
            Finish(everywhere ? gloo_->allgather(received, own) : gloo_->gather(received, own),
                   absl::Now() + options_.operation_limit));
      }
      for (int r = 0; receives && r < size(); ++r) {
        all.emplace_back(static_cast<const char*>(received[0][r].const_data_ptr()), size_of[r]);
      }
      return absl::OkStatus();
    }));
    return all;
  }

  const ProcessGroupOptions options_;
  std::unique_ptr<Meeting> meeting_;  // outlives the connections
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo_;
  absl::Status failure_;  // of the first operation that failed
};

}  // namespace

absl::StatusOr<std::unique_ptr<ProcessGroup>> JoinProcessGroup(const ProcessEnvironment& environment,
                                                               const ProcessGroupOptions& options) {
  if (environment.size == 1) return MakeOneProcess();
  auto meeting = std::make_unique<Meeting>(environment, options);
  MRSN_RETURN_IF_ERROR(meeting->Join());
  auto group = std::make_unique<GlooGroup>(environment, options, std::move(meeting));
  MRSN_RETURN_IF_ERROR(group->Connect(environment));
  return group;
}

}  // namespace mrsn

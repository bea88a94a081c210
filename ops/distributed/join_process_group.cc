#include "ops/distributed/join_process_group.h"

// The wheel has c10d's Gloo, but its headers hide it without this.
#define USE_C10D_GLOO 1
#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <functional>
#include <string>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "ops/base/status_macros.h"
#include "ops/distributed/carrier.h"
#include "ops/distributed/meeting.h"
#include "ops/distributed/nccl_carrier.h"

namespace mrsn {
namespace {

constexpr std::chrono::milliseconds kWaitPeriod{100};
constexpr absl::Duration kDevicePeriod = absl::Microseconds(50);
constexpr int64_t kBucketBytes = int64_t{25} << 20;  // of tensors that are sent together

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

// Tensors of CPUs go by Gloo; those of CUDA devices by NCCL, which is made when the first one comes.
class TorchGroup : public ProcessGroup {
 public:
  using WorkPtr = c10::intrusive_ptr<c10d::Work>;

  TorchGroup(const ProcessEnvironment& environment, const ProcessGroupOptions& options,
             std::unique_ptr<Meeting> meeting)
      : ProcessGroup(environment.rank, environment.size, environment.local_rank),
        options_(options),
        meeting_(std::move(meeting)) {}

  ~TorchGroup() override {
    // Before the connections close: whoever still needs this process then learns that it has left.
    meeting_->StopAnswering();
    // The destructors would wait for an operation that can never end.
    if (failure_.ok()) return;
    (void)gloo_.release();
    (void)nccl_.release();
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

  absl::Status Sum(const std::vector<at::Tensor>& tensors) override { return BeginSum(tensors)->Wait(); }

  std::unique_ptr<PendingSum> BeginSum(const std::vector<at::Tensor>& tensors) override {
    return std::make_unique<Pending>(*this, InBuckets(tensors),
                                     [](c10d::Backend& carrier, at::Tensor& bucket) {
                                       std::vector<at::Tensor> one = {bucket};
                                       return carrier.allreduce(one);
                                     });
  }

  absl::Status Broadcast(const std::vector<at::Tensor>& tensors, int root) override {
    const auto begin = [root](c10d::Backend& carrier, at::Tensor& bucket) {
      std::vector<at::Tensor> one = {bucket};
      c10d::BroadcastOptions options;
      options.rootRank = root;
      return carrier.broadcast(one, options);
    };
    return Pending(*this, InBuckets(tensors), begin).Wait();
  }

  absl::Status Barrier() override { return Sum({at::ones({1})}); }

  absl::StatusOr<std::vector<std::string>> GatherToFirst(absl::string_view bytes) override {
    return Collect(bytes, /*everywhere=*/false);
  }
  absl::StatusOr<std::vector<std::string>> Gather(absl::string_view bytes) override {
    return Collect(bytes, /*everywhere=*/true);
  }

 private:
  using Begin = std::function<WorkPtr(c10d::Backend& carrier, at::Tensor& bucket)>;

  // Tensors of one type and device that are sent together.
  struct Bucket {
    std::vector<at::Tensor> tensors;
    int64_t bytes = 0;
    at::Tensor flat;
    WorkPtr work;
  };

  // An operation over buckets, which begins here. Nothing of the group's may end before it.
  class Pending : public PendingSum {
   public:
    Pending(TorchGroup& group, std::vector<Bucket> buckets, const Begin& begin)
        : group_(group),
          buckets_(std::move(buckets)),
          deadline_(absl::Now() + group.options_.operation_limit),
          status_(group.Guarded([&] { return BeginAll(begin); })) {}
    ~Pending() override { Wait().IgnoreError(); }

    absl::Status Wait() override {
      if (waited_ || !status_.ok()) return status_;
      waited_ = true;
      return status_ = group_.Guarded([&] { return FinishAll(); });
    }

   private:
    absl::Status BeginAll(const Begin& begin) {
      for (Bucket& bucket : buckets_) {
        std::vector<at::Tensor> flat;
        for (const at::Tensor& tensor : bucket.tensors) flat.push_back(tensor.reshape(-1));
        bucket.flat = flat.size() == 1 ? flat[0] : at::cat(flat);
        MRSN_ASSIGN_OR_RETURN(c10d::Backend* const carrier, group_.CarrierOf(bucket.flat.device()));
        bucket.work = begin(*carrier, bucket.flat);
      }
      return absl::OkStatus();
    }

    absl::Status FinishAll() {
      for (Bucket& bucket : buckets_) {
        MRSN_RETURN_IF_ERROR(group_.Finish(bucket.work, bucket.flat.device(), deadline_));
        int64_t at = 0;
        for (const at::Tensor& tensor : bucket.tensors) {
          const at::Tensor result = bucket.flat.narrow(0, at, tensor.numel());
          at += tensor.numel();
          if (!result.is_alias_of(tensor)) tensor.copy_(result.view(tensor.sizes()));
        }
      }
      return absl::OkStatus();
    }

    TorchGroup& group_;
    std::vector<Bucket> buckets_;
    const absl::Time deadline_;
    bool waited_ = false;
    absl::Status status_;
  };

  static std::vector<Bucket> InBuckets(const std::vector<at::Tensor>& tensors) {
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
    return buckets;
  }

  absl::StatusOr<c10d::Backend*> CarrierOf(at::Device device) {
    MRSN_ASSIGN_OR_RETURN(const Carrier carrier, CarrierFor(device.type()));
    switch (carrier) {
      case Carrier::kGloo:
        break;
      case Carrier::kNccl:
        if (!nccl_) {
          MRSN_ASSIGN_OR_RETURN(
              nccl_,
              MakeNccl(c10::make_intrusive<c10d::PrefixStore>("nccl", meeting_->store()), rank(), size()));
        }
        return nccl_.get();
    }
    return static_cast<c10d::Backend*>(gloo_.get());
  }

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

  absl::Status Finish(const WorkPtr& work, at::Device device, absl::Time deadline) {
    while (!work->isCompleted()) {
      if (device.is_cuda()) {
        absl::SleepFor(kDevicePeriod);  // NCCL's wait for a time gives up the whole group when it is over
      } else {
        try {
          work->wait(kWaitPeriod);
        } catch (const std::exception&) {
          // The end of the period, or the operation's own error, which exception() keeps. A work that has
          // completed by now may have done so just after the period.
        }
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
            Finish(everywhere ? gloo_->allgather(received, own) : gloo_->gather(received, own), at::kCPU,
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
  c10::intrusive_ptr<c10d::Backend> nccl_;
  absl::Status failure_;  // of the first operation that failed
};

}  // namespace

absl::StatusOr<std::unique_ptr<ProcessGroup>> JoinProcessGroup(const ProcessEnvironment& environment,
                                                               const ProcessGroupOptions& options) {
  if (environment.size == 1) return MakeOneProcess();
  auto meeting =
      std::make_unique<Meeting>(environment, MeetingLimits{options.join_limit, options.answer_limit});
  MRSN_RETURN_IF_ERROR(meeting->Join());
  auto group = std::make_unique<TorchGroup>(environment, options, std::move(meeting));
  MRSN_RETURN_IF_ERROR(group->Connect(environment));
  return group;
}

}  // namespace mrsn

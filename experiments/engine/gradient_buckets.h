// Sums of gradients over the ranks, begun while the backward pass goes on.
#ifndef MRSN_EXPERIMENTS_ENGINE_GRADIENT_BUCKETS_H_
#define MRSN_EXPERIMENTS_ENGINE_GRADIENT_BUCKETS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

// Buckets are runs of neighbouring parameters; the sum of one begins when all its gradients, and all buckets
// behind it, are ready: backward passes reach the last layers first. All ranks have the same buckets in the
// same order, so that a sum does not depend on who is early: its bits are those of Finish() alone.
class GradientBuckets {
 public:
  static constexpr int64_t kBytes = int64_t{4} << 20;

  // Parameters without requires_grad take no part. A bucket of more than one has at most `bucket_bytes`.
  GradientBuckets(ProcessGroup& group, std::vector<at::Tensor> parameters, int64_t bucket_bytes = kBytes);
  ~GradientBuckets();
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;

  // The gradient of parameter p is this rank's; nobody touches it any more.
  void Ready(size_t p);

  // Every rank calls it when all gradients are there that the rank has. The gradients are then the sums; a
  // parameter has one if it has one on any rank. Errors: a rank has ended.
  absl::Status Finish();

  int64_t begun_early() const { return begun_early_; }  // buckets whose sum began before Finish()

 private:
  struct Bucket {
    std::vector<size_t> parameters;
    size_t waits_for = 0;  // of them
    std::unique_ptr<PendingSum> sum;
  };
  void Begin(Bucket& bucket);

  ProcessGroup& group_;
  const std::vector<at::Tensor> parameters_;
  std::vector<Bucket> buckets_;     // in the order of their sums
  std::vector<int64_t> bucket_of_;  // of each parameter; -1: none
  std::vector<char> owned_;         // whether this rank has a gradient of the parameter
  size_t begun_ = 0;
  int64_t begun_early_ = 0;
};

// While it lives, calls `ready(p)` in each backward pass that this thread starts as soon as the gradient of
// parameter p has been added up. One at a time for a parameter.
class GradientHooks {
 public:
  GradientHooks(std::vector<at::Tensor> parameters, const std::function<void(size_t p)>& ready);
  ~GradientHooks();
  GradientHooks(const GradientHooks&) = delete;
  GradientHooks& operator=(const GradientHooks&) = delete;

 private:
  const std::vector<at::Tensor> parameters_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_GRADIENT_BUCKETS_H_

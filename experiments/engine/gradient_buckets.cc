#include "experiments/engine/gradient_buckets.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <utility>

#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

class Hook : public torch::autograd::PostAccumulateGradHook {
 public:
  explicit Hook(std::function<void()> call) : call_(std::move(call)) {}
  void operator()(const torch::autograd::Variable&) override { call_(); }

 private:
  const std::function<void()> call_;
};

}  // namespace

GradientBuckets::GradientBuckets(ProcessGroup& group, std::vector<at::Tensor> parameters,
                                 int64_t bucket_bytes)
    : group_(group),
      parameters_(std::move(parameters)),
      bucket_of_(parameters_.size(), -1),
      owned_(parameters_.size(), 0) {
  int64_t bytes = 0;
  for (size_t p = parameters_.size(); p-- > 0;) {
    if (!parameters_[p].requires_grad()) continue;  // the same ones on every rank
    const auto size = static_cast<int64_t>(parameters_[p].nbytes());
    if (buckets_.empty() || bytes + size > bucket_bytes) {
      buckets_.emplace_back();
      bytes = 0;
    }
    bytes += size;
    buckets_.back().parameters.push_back(p);
    ++buckets_.back().waits_for;
    bucket_of_[p] = static_cast<int64_t>(buckets_.size()) - 1;
  }
}

GradientBuckets::~GradientBuckets() = default;

void GradientBuckets::Begin(Bucket& bucket) {
  std::vector<at::Tensor> gradients;
  for (const size_t p : bucket.parameters) {
    at::Tensor& gradient = parameters_[p].mutable_grad();
    owned_[p] = gradient.defined() ? 1 : 0;
    if (!gradient.defined()) gradient = at::zeros_like(parameters_[p]);
    gradients.push_back(gradient);
  }
  bucket.sum = group_.BeginSum(gradients);
  ++begun_;
}

void GradientBuckets::Ready(size_t p) {
  if (bucket_of_[p] < 0) return;
  --buckets_[bucket_of_[p]].waits_for;
  const at::NoGradGuard no_grad;
  while (begun_ < buckets_.size() && buckets_[begun_].waits_for == 0) {
    ++begun_early_;
    Begin(buckets_[begun_]);
  }
}

absl::Status GradientBuckets::Finish() {
  const at::NoGradGuard no_grad;
  while (begun_ < buckets_.size()) Begin(buckets_[begun_]);
  const at::Tensor owners = at::zeros({static_cast<int64_t>(parameters_.size())});  // ranks with a gradient
  for (size_t p = 0; p < owned_.size(); ++p) owners.mutable_data_ptr<float>()[p] = owned_[p];
  for (Bucket& bucket : buckets_) MRSN_RETURN_IF_ERROR(bucket.sum->Wait());
  MRSN_RETURN_IF_ERROR(group_.Sum({owners}));
  for (size_t p = 0; p < parameters_.size(); ++p) {
    if (owners.const_data_ptr<float>()[p] == 0) parameters_[p].mutable_grad().reset();
  }
  return absl::OkStatus();
}

GradientHooks::GradientHooks(std::vector<at::Tensor> parameters, const std::function<void(size_t p)>& ready)
    : parameters_(std::move(parameters)) {
  for (size_t p = 0; p < parameters_.size(); ++p) {
    if (!parameters_[p].requires_grad()) continue;
    torch::autograd::impl::set_post_acc_grad_hooks(parameters_[p],
                                                   std::make_unique<Hook>([ready, p] { ready(p); }));
  }
}

GradientHooks::~GradientHooks() {
  for (const at::Tensor& parameter : parameters_) {
    if (parameter.requires_grad()) torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
  }
}

}  // namespace mrsn::experiments

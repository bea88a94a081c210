#include "experiments/engine/step_gradients.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// More than any detector has; ranks without persons do not know how many there are.
constexpr size_t kMostParts = 8;

}  // namespace

StepGradients::StepGradients(ProcessGroup& group, Detector& model, double loss_scale)
    : group_(group),
      loss_scale_(loss_scale),
      parameters_(model.parameters()),
      terms_(kMostParts),
      values_(kMostParts) {
  for (at::Tensor parameter : parameters_) parameter.mutable_grad().reset();
}

void StepGradients::Add(const std::vector<LossOutput>& outputs, int64_t clips) {
  clips_ += clips;
  std::vector<at::Tensor> losses(1);  // sums of the terms of each LossPart
  const auto add = [&](size_t part, const at::Tensor& loss) {
    if (losses.size() <= part) losses.resize(part + 1);
    losses[part] = losses[part].defined() ? losses[part] + loss : loss;
  };
  for (const LossOutput& output : outputs) {
    TORCH_CHECK(output.parts.size() <= kMostParts, "a loss of ", output.parts.size(), " parts");
    if (output.parts.empty()) add(0, output.loss);  // 0, with a graph
    for (size_t i = 0; i < output.parts.size(); ++i) {
      add(i, output.parts[i].mean * output.parts[i].terms);
      terms_[i] += output.parts[i].terms;
    }
  }
  for (size_t i = 0; i < losses.size(); ++i) {
    if (!losses[i].defined()) continue;
    if (sums_.size() <= i) sums_.resize(i + 1, std::vector<at::Tensor>(parameters_.size()));
    // Each LossPart's gradients gather where the backward pass adds them, in the parameters.
    for (size_t p = 0; p < parameters_.size(); ++p) parameters_[p].mutable_grad() = sums_[i][p];
    const at::Tensor scaled = loss_scale_ == 1 ? losses[i] : losses[i] * loss_scale_;
    scaled.backward({}, /*retain_graph=*/i + 1 < losses.size());
    for (size_t p = 0; p < parameters_.size(); ++p) {
      sums_[i][p] = parameters_[p].grad();
      parameters_[p].mutable_grad().reset();
    }
    values_[i] += losses[i].item<double>();
  }
}

absl::StatusOr<StepGradients::Total> StepGradients::Finish() {
  const at::NoGradGuard no_grad;
  const at::Tensor counts = at::empty({2 * static_cast<int64_t>(kMostParts) + 1}, at::kDouble);
  double* const count = counts.mutable_data_ptr<double>();
  for (size_t i = 0; i < kMostParts; ++i) {
    count[i] = terms_[i];
    count[kMostParts + i] = values_[i];
  }
  count[2 * kMostParts] = static_cast<double>(clips_);
  MRSN_RETURN_IF_ERROR(group_.Sum({counts}));
  Total total;
  total.clips = static_cast<int64_t>(count[2 * kMostParts]);
  for (size_t i = 0; i < kMostParts; ++i) {
    total.loss += count[i] > 0 ? count[kMostParts + i] / count[i] : count[kMostParts + i];
  }
  for (size_t p = 0; p < parameters_.size(); ++p) {
    at::Tensor gradient;
    for (size_t i = 0; i < sums_.size(); ++i) {
      if (!sums_[i][p].defined()) continue;
      if (count[i] > 0) sums_[i][p].div_(count[i]);
      if (loss_scale_ != 1) sums_[i][p].div_(loss_scale_);
      gradient = gradient.defined() ? gradient.add_(sums_[i][p]) : sums_[i][p];
    }
    parameters_[p].mutable_grad() = gradient;
  }
  if (group_.size() == 1) return total;
  std::vector<at::Tensor> summed;
  const at::Tensor owners = at::zeros({static_cast<int64_t>(parameters_.size())});  // ranks with a gradient
  for (size_t p = 0; p < parameters_.size(); ++p) {
    if (!parameters_[p].requires_grad()) continue;  // the same ones on every rank
    const bool has_one = parameters_[p].grad().defined();
    if (!has_one) parameters_[p].mutable_grad() = at::zeros_like(parameters_[p]);
    owners.mutable_data_ptr<float>()[p] = has_one ? 1 : 0;
    summed.push_back(parameters_[p].grad());
  }
  summed.push_back(owners);
  MRSN_RETURN_IF_ERROR(group_.Sum(summed));
  for (size_t p = 0; p < parameters_.size(); ++p) {
    if (owners.const_data_ptr<float>()[p] == 0) parameters_[p].mutable_grad().reset();
  }
  return total;
}

}  // namespace mrsn::experiments

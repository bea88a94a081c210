#include "experiments/engine/step_gradients.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <optional>

#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// More than any detector has; ranks without persons do not know how many there are.
constexpr size_t kMostParts = 8;

}  // namespace

StepGradients::StepGradients(ProcessGroup& group, Detector& model, double loss_scale, int64_t bucket_bytes)
    : group_(group),
      loss_scale_(loss_scale),
      parameters_(model.parameters()),
      terms_(kMostParts),
      values_(kMostParts),
      ready_(parameters_.size(), 0),
      buckets_(group, parameters_, bucket_bytes) {
  for (at::Tensor parameter : parameters_) parameter.mutable_grad().reset();
}

std::vector<at::Tensor> StepGradients::LossesOf(const std::vector<LossOutput>& outputs) {
  std::vector<at::Tensor> losses(1);
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
  if (sums_.size() < losses.size()) sums_.resize(losses.size(), std::vector<at::Tensor>(parameters_.size()));
  return losses;
}

void StepGradients::Backward(size_t part, const at::Tensor& loss, bool last_of_pass) {
  // Each LossPart's gradients gather where the backward pass adds them, in the parameters.
  for (size_t p = 0; p < parameters_.size(); ++p) parameters_[p].mutable_grad() = sums_[part][p];
  const at::Tensor scaled = loss_scale_ == 1 ? loss : loss * loss_scale_;
  scaled.backward({}, /*retain_graph=*/!last_of_pass);
  for (size_t p = 0; p < parameters_.size(); ++p) {
    if (ready_[p] != 0) continue;
    sums_[part][p] = parameters_[p].grad();
    parameters_[p].mutable_grad().reset();
  }
  values_[part] += loss.item<double>();
}

void StepGradients::Add(const std::vector<LossOutput>& outputs, int64_t clips) {
  clips_ += clips;
  const std::vector<at::Tensor> losses = LossesOf(outputs);
  for (size_t i = 0; i < losses.size(); ++i) {
    if (losses[i].defined()) Backward(i, losses[i], i + 1 == losses.size());
  }
}

void StepGradients::AddLast(const std::vector<LossOutput>& outputs, int64_t clips) {
  if (group_.size() == 1) return Add(outputs, clips);
  clips_ += clips;
  const std::vector<at::Tensor> losses = LossesOf(outputs);
  status_ = ShareTerms();
  if (!status_.ok()) return;
  for (size_t i = 0; i < losses.size(); ++i) {
    if (!losses[i].defined()) continue;
    const bool last = i + 1 == losses.size();
    std::optional<GradientHooks> hooks;
    if (last) {
      hooks.emplace(parameters_, [this, i](size_t p) {
        const at::NoGradGuard no_grad;
        sums_[i][p] = parameters_[p].grad();
        parameters_[p].mutable_grad() = GradientOf(p);
        ready_[p] = 1;
        buckets_.Ready(p);
      });
    }
    Backward(i, losses[i], last);
  }
}

absl::Status StepGradients::ShareTerms() {
  const at::Tensor terms = at::tensor(terms_, at::kDouble);
  MRSN_RETURN_IF_ERROR(group_.Sum({terms}));
  const double* const all = terms.const_data_ptr<double>();
  all_terms_.assign(all, all + kMostParts);
  return absl::OkStatus();
}

// No rank has terms of a second LossPart.
bool StepGradients::IsOneMean() const {
  return std::all_of(all_terms_.begin() + 1, all_terms_.end(), [](double terms) { return terms == 0; });
}

void StepGradients::Divide(at::Tensor& gradient, size_t part) const {
  if (all_terms_[part] > 0) gradient.div_(all_terms_[part]);
  if (loss_scale_ != 1) gradient.div_(loss_scale_);
}

// This rank's share, of the means of all LossParts or, of one mean alone, of the sum; undefined if there is
// none.
at::Tensor StepGradients::GradientOf(size_t p) {
  const bool one_mean = IsOneMean();
  at::Tensor gradient;
  for (size_t i = 0; i < sums_.size(); ++i) {
    at::Tensor& sum = sums_[i][p];
    if (!sum.defined()) continue;
    if (!one_mean) Divide(sum, i);
    gradient = gradient.defined() ? gradient.add_(sum) : sum;
  }
  return gradient;
}

absl::StatusOr<StepGradients::Total> StepGradients::Finish() {
  const at::NoGradGuard no_grad;
  MRSN_RETURN_IF_ERROR(status_);
  if (all_terms_.empty()) MRSN_RETURN_IF_ERROR(ShareTerms());
  for (size_t p = 0; p < parameters_.size(); ++p) {
    if (ready_[p] == 0) parameters_[p].mutable_grad() = GradientOf(p);
  }
  if (group_.size() > 1) MRSN_RETURN_IF_ERROR(buckets_.Finish());
  if (IsOneMean()) {
    for (const at::Tensor& parameter : parameters_) {
      if (parameter.grad().defined()) Divide(parameter.mutable_grad(), 0);
    }
  }
  std::vector<double> own = values_;
  own.push_back(static_cast<double>(clips_));
  const at::Tensor sums = at::tensor(own, at::kDouble);
  MRSN_RETURN_IF_ERROR(group_.Sum({sums}));
  const double* const values = sums.const_data_ptr<double>();
  Total total;
  total.clips = static_cast<int64_t>(values[kMostParts]);
  for (size_t i = 0; i < kMostParts; ++i) {
    total.loss += all_terms_[i] > 0 ? values[i] / all_terms_[i] : values[i];
  }
  return total;
}

}  // namespace mrsn::experiments

#include "experiments/engine/averaged_weights.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <utility>

namespace mrsn::experiments {

AveragedWeights::AveragedWeights(double decay, const torch::nn::Module& model) : decay_(decay) {
  TORCH_CHECK(decay > 0 && decay < 1, "AveragedWeights: decay ", decay);
  const auto add = [&](const std::string& name, const at::Tensor& tensor) {
    if (!tensor.is_floating_point()) return;
    averages_.push_back({name, tensor, tensor.detach().clone()});
    weights_.push_back(tensor.detach());
    values_.push_back(averages_.back().value);
  };
  for (const auto& item : model.named_parameters()) add(item.key(), item.value());
  for (const auto& item : model.named_buffers()) add(item.key(), item.value());
}

void AveragedWeights::Update() {
  const at::NoGradGuard no_grad;
  // e += (1 - d) (w - e), which keeps e = w exact.
  at::_foreach_lerp_(values_, weights_, 1 - decay_);
}

void AveragedWeights::Exchange() {
  const at::NoGradGuard no_grad;
  for (const Average& average : averages_) {
    const at::Tensor weights = average.of.detach().clone();
    average.of.detach().copy_(average.value);
    average.value.copy_(weights);
  }
}

}  // namespace mrsn::experiments

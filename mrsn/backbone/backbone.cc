#include "mrsn/backbone/backbone.h"

#include <torch/nn/modules/batchnorm.h>

namespace mrsn {

void Backbone::SetBatchNormFrozen(bool frozen) {
  batch_norm_frozen_ = frozen;
  for (const auto& module : modules(/*include_self=*/false)) {
    if (auto* norm = module->as<torch::nn::BatchNorm3d>()) {
      norm->weight.set_requires_grad(!frozen);
      norm->bias.set_requires_grad(!frozen);
    }
  }
  train(is_training());
}

void Backbone::train(bool on) {
  torch::nn::Module::train(on);
  if (!batch_norm_frozen_) return;
  for (const auto& module : modules(/*include_self=*/false)) {
    if (auto* norm = module->as<torch::nn::BatchNorm3d>()) norm->eval();
  }
}

}  // namespace mrsn

#include "mrsn/backbone/frozen_norm.h"

#include <torch/nn/modules/batchnorm.h>

namespace mrsn {

void SetBatchNormTrained(const torch::nn::Module& module, bool trained) {
  for (const auto& inside : module.modules(/*include_self=*/false)) {
    if (auto* norm = inside->as<torch::nn::BatchNorm3d>()) {
      norm->weight.set_requires_grad(trained);
      norm->bias.set_requires_grad(trained);
    }
  }
}

void UseRunningStatistics(const torch::nn::Module& module) {
  for (const auto& inside : module.modules(/*include_self=*/false)) {
    if (auto* norm = inside->as<torch::nn::BatchNorm3d>()) norm->eval();
  }
}

}  // namespace mrsn

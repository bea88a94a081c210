// Batch norms that keep their running statistics while the rest is trained.
#ifndef MRSN_MRSN_BACKBONE_FROZEN_NORM_H_
#define MRSN_MRSN_BACKBONE_FROZEN_NORM_H_

#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>

namespace mrsn {

// Scale and shift of every BatchNorm3d inside are trained, or not (requires_grad off).
inline void SetBatchNormTrained(const torch::nn::Module& module, bool trained) {
  for (const auto& inside : module.modules(/*include_self=*/false)) {
    if (auto* norm = inside->as<torch::nn::BatchNorm3d>()) {
      norm->weight.set_requires_grad(trained);
      norm->bias.set_requires_grad(trained);
    }
  }
}

// Every BatchNorm3d inside uses its running statistics, until the next train().
inline void UseRunningStatistics(const torch::nn::Module& module) {
  for (const auto& inside : module.modules(/*include_self=*/false)) {
    if (auto* norm = inside->as<torch::nn::BatchNorm3d>()) norm->eval();
  }
}

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_FROZEN_NORM_H_

// Tensors and modules in double precision, for comparisons and central differences.
#ifndef MRSN_MRSN_TESTING_VARIABLES_H_
#define MRSN_MRSN_TESTING_VARIABLES_H_

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mrsn {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

inline at::Tensor Random(at::IntArrayRef shape) { return at::randn(shape, at::kDouble); }

inline at::Tensor Variable(at::IntArrayRef shape) { return Random(shape).set_requires_grad(true); }

// In double precision and evaluation mode, and no parameter at a value (0, 1) that would hide an
// error: normal values of that deviation are added to each.
template <typename Module>
std::shared_ptr<Module> Scrambled(std::shared_ptr<Module> module, double deviation = 0.3) {
  module->to(at::kDouble);
  module->eval();
  at::NoGradGuard no_grad;
  for (at::Tensor& parameter : module->parameters()) {
    parameter.add_(Random(parameter.sizes()) * deviation);
  }
  return module;
}

// `tensors` and all parameters of `module`, by name.
inline NamedTensors With(const torch::nn::Module& module, NamedTensors tensors) {
  for (const auto& parameter : module.named_parameters()) {
    tensors.emplace_back(parameter.key(), parameter.value());
  }
  return tensors;
}

// ACRE's X_0 = T^n = [actor n, the context of n's clip]: [N,d], [B,L,d], [N] -> [N,L+1,d].
inline at::Tensor ActorContextTokens(const at::Tensor& actors, const at::Tensor& context,
                                     const at::Tensor& clip_index) {
  return at::cat({actors.unsqueeze(1), context.index_select(0, clip_index)}, 1);
}

}  // namespace mrsn

#endif  // MRSN_MRSN_TESTING_VARIABLES_H_

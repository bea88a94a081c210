// How the baselines' public code starts its linear layers.
#ifndef MRSN_MRSN_BASELINES_LINEAR_INIT_H_
#define MRSN_MRSN_BASELINES_LINEAR_INIT_H_

#include <ATen/ATen.h>
#include <torch/nn/modules/linear.h>

namespace mrsn::baselines {

// Weights normal with that standard deviation (0: all 0), bias 0.
inline torch::nn::Linear NormalLinear(int64_t input, int64_t output, double deviation) {
  torch::nn::Linear linear(input, output);
  at::NoGradGuard no_grad;
  linear->weight.normal_(0, deviation);
  linear->bias.zero_();
  return linear;
}

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_LINEAR_INIT_H_

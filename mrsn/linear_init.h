// How linear layers start.
#ifndef MRSN_MRSN_LINEAR_INIT_H_
#define MRSN_MRSN_LINEAR_INIT_H_

#include <ATen/ATen.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>

namespace mrsn {

// Weights normal with that standard deviation (0: all 0), bias 0. A deviation of 0.01 is how
// PySlowFast's classifier starts.
inline torch::nn::Linear NormalLinear(int64_t input, int64_t output, double deviation) {
  torch::nn::Linear linear(input, output);
  at::NoGradGuard no_grad;
  linear->weight.normal_(0, deviation);
  linear->bias.zero_();
  return linear;
}

}  // namespace mrsn

#endif  // MRSN_MRSN_LINEAR_INIT_H_

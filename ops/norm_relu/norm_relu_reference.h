// The formula of BatchNormRelu in double, written to be read. For tests.
#ifndef MRSN_OPS_NORM_RELU_NORM_RELU_REFERENCE_H_
#define MRSN_OPS_NORM_RELU_NORM_RELU_REFERENCE_H_

#include <cmath>
#include <cstdint>
#include <vector>

#include "ATen/ATen.h"
#include "ops/norm_relu/norm_relu.h"

namespace mrsn::ops {

inline at::Tensor Last(const at::Tensor& x) {
  return x.contiguous(x.dim() == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast);
}

struct Inputs {
  Inputs(at::IntArrayRef sizes, bool has_residual, double mean = 0.5) {
    at::manual_seed(sizes[1] * 7 + sizes[2]);
    const int64_t channels = sizes[1];
    std::vector<int64_t> per_channel(sizes.size(), 1);
    per_channel[1] = channels;
    const at::Tensor deviation = at::rand({channels}) + 0.5;
    x = Last((at::randn(sizes) + mean * (at::rand({channels}) + 0.5).view(per_channel)) *
             deviation.view(per_channel));
    gamma = at::randn({channels});
    beta = at::randn({channels});
    running_mean = at::randn({channels});
    running_var = at::rand({channels});
    if (has_residual) residual = Last(at::randn(sizes));
  }

  Inputs To(at::ScalarType type) const {
    Inputs result = *this;
    for (at::Tensor* t : result.All()) *t = t->detach().to(type, false, /*copy=*/true);
    return result;
  }
  std::vector<at::Tensor*> All() {
    std::vector<at::Tensor*> all = {&x, &gamma, &beta, &running_mean, &running_var};
    if (residual.defined()) all.push_back(&residual);
    return all;
  }
  std::vector<at::Tensor*> Differentiable() {
    std::vector<at::Tensor*> all = {&x, &gamma, &beta};
    if (residual.defined()) all.push_back(&residual);
    return all;
  }
  at::Tensor Run(const NormReluOptions& options) {
    return BatchNormRelu(x, gamma, beta, running_mean, running_var, residual, options);
  }

  at::Tensor x, gamma, beta, running_mean, running_var, residual;
};

// The formula in double, one value after the other; the sum before ReLU. Updates the running statistics.
inline at::Tensor Reference(Inputs& in, const NormReluOptions& options) {
  const int64_t channels = in.x.size(1), rows = in.x.numel() / channels;
  const auto matrix = [&](const at::Tensor& t) {
    return t.detach().to(at::kDouble).movedim(1, -1).reshape({rows, channels}).contiguous();
  };
  const at::Tensor x = matrix(in.x), y = at::empty_like(x);
  const at::Tensor residual = in.residual.defined() ? matrix(in.residual) : at::zeros_like(x);
  auto from = x.accessor<double, 2>(), to = y.accessor<double, 2>(), added = residual.accessor<double, 2>();
  for (int64_t c = 0; c < channels; ++c) {
    double mean = 0, variance = 0;
    for (int64_t r = 0; r < rows; ++r) mean += from[r][c] / rows;
    for (int64_t r = 0; r < rows; ++r) variance += (from[r][c] - mean) * (from[r][c] - mean) / rows;
    const double gamma = in.gamma[c].item<double>(), beta = in.beta[c].item<double>();
    for (int64_t r = 0; r < rows; ++r) {
      to[r][c] = gamma * (from[r][c] - mean) / std::sqrt(variance + options.eps) + beta + added[r][c];
    }
    const double m = options.momentum;
    in.running_mean[c] = (1 - m) * in.running_mean[c].item<double>() + m * mean;
    in.running_var[c] = (1 - m) * in.running_var[c].item<double>() + m * variance * rows / (rows - 1);
  }
  std::vector<int64_t> last = {in.x.size(0)};
  for (int64_t d = 2; d < in.x.dim(); ++d) last.push_back(in.x.size(d));
  last.push_back(channels);
  return y.view(last).movedim(-1, 1);
}

inline at::Tensor Act(const at::Tensor& sum, const NormReluOptions& options) {
  return options.relu ? sum.clamp_min(0) : sum;
}

}  // namespace mrsn::ops

#endif  // MRSN_OPS_NORM_RELU_NORM_RELU_REFERENCE_H_

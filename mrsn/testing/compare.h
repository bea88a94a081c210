// Comparing tensors in tests, and gradients by central differences.
#ifndef MRSN_MRSN_TESTING_COMPARE_H_
#define MRSN_MRSN_TESTING_COMPARE_H_

#include <ATen/ATen.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mrsn {

// max |actual - expected| <= tolerance * max(|expected|), same shape, no NaN.
inline ::testing::AssertionResult Close(const at::Tensor& actual, const at::Tensor& expected,
                                        double tolerance) {
  if (actual.sizes() != expected.sizes()) {
    return ::testing::AssertionFailure() << "shape " << actual.sizes() << ", expected " << expected.sizes();
  }
  if (actual.numel() == 0) return ::testing::AssertionSuccess();
  const at::Tensor a = actual.detach().to(at::kDouble), e = expected.detach().to(at::kDouble);
  const at::Tensor difference = (a - e).abs().flatten();
  const double scale = e.abs().max().item<double>(), worst = difference.max().item<double>();
  if (worst <= tolerance * scale) return ::testing::AssertionSuccess();  // not for NaN
  const int64_t at = difference.argmax().item<int64_t>();
  return ::testing::AssertionFailure()
         << "worst difference " << worst << " (" << worst / scale << " of the largest value) at flat index "
         << at << ": " << a.flatten()[at].item<double>() << ", expected " << e.flatten()[at].item<double>();
}

// d/dv of sum(weights * f()) by autograd against central differences, for `samples`
// elements of each v; double tensors that require gradients and that f reads.
inline void ExpectGradientsRight(const std::function<at::Tensor()>& f,
                                 const std::vector<std::pair<std::string, at::Tensor>>& variables,
                                 int samples = 12) {
  at::Tensor weights;
  const auto loss = [&] {
    const at::Tensor value = f();
    if (!weights.defined()) weights = at::randn_like(value.detach());
    return (value * weights).sum();
  };
  for (const auto& [name, variable] : variables) {
    ASSERT_EQ(variable.scalar_type(), at::kDouble) << name;
    if (variable.grad().defined()) variable.mutable_grad().reset();
  }
  loss().backward();
  at::NoGradGuard no_grad;
  for (const auto& [name, variable] : variables) {
    ASSERT_TRUE(variable.grad().defined()) << name << " has no gradient";
    const at::Tensor gradient = variable.grad().flatten();
    at::Tensor values = variable.detach().view(-1);
    const double scale = gradient.abs().max().item<double>();
    for (int s = 0; s < samples; ++s) {
      const int64_t i = (s * 7919 + 13) % values.numel();
      const double value = values[i].item<double>(), step = 1e-5;
      values[i].fill_(value + step);
      const double above = loss().item<double>();
      values[i].fill_(value - step);
      const double below = loss().item<double>();
      values[i].fill_(value);
      EXPECT_NEAR(gradient[i].item<double>(), (above - below) / (2 * step), 1e-7 + 1e-6 * scale)
          << name << " element " << i;
    }
  }
}

}  // namespace mrsn

#endif  // MRSN_MRSN_TESTING_COMPARE_H_

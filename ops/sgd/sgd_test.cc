#include "ops/sgd/sgd.h"

#include <ATen/ATen.h>

#include <vector>

#include "gtest/gtest.h"

namespace mrsn::ops {
namespace {

std::vector<at::Tensor> Parameters() {
  at::manual_seed(3);
  std::vector<at::Tensor> parameters = {at::randn({7, 5}), at::randn({3}), at::randn({}),
                                        at::randn({4, 6, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast)};
  for (at::Tensor& parameter : parameters) parameter.set_requires_grad(true);
  return parameters;
}

class SgdTest : public ::testing::TestWithParam<torch::optim::SGDOptions> {};

TEST_P(SgdTest, UpdatesAreTorchs) {
  const std::vector<at::Tensor> ours = Parameters(), theirs = Parameters();
  Sgd sgd(ours, GetParam());
  torch::optim::SGD reference(theirs, GetParam());
  for (int step = 0; step < 5; ++step) {
    at::manual_seed(100 + step);
    for (size_t i = 0; i < ours.size(); ++i) {
      const at::Tensor gradient = at::randn_like(ours[i].detach());
      // The second parameter's gradient comes late and the first one's is absent once.
      const bool absent = (i == 1 && step < 2) || (i == 0 && step == 3);
      ours[i].mutable_grad() = absent ? at::Tensor() : gradient.clone();
      theirs[i].mutable_grad() = absent ? at::Tensor() : gradient.clone();
    }
    sgd.step();
    reference.step();
    for (size_t i = 0; i < ours.size(); ++i) {
      EXPECT_TRUE(at::allclose(ours[i], theirs[i], 1e-6, 1e-6)) << "parameter " << i << ", step " << step;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Options, SgdTest,
    ::testing::Values(torch::optim::SGDOptions(0.1), torch::optim::SGDOptions(0.1).weight_decay(1e-2),
                      torch::optim::SGDOptions(0.1).momentum(0.9).weight_decay(1e-7),
                      torch::optim::SGDOptions(0.1).momentum(0.9).dampening(0.3),
                      torch::optim::SGDOptions(0.05).momentum(0.9).nesterov(true).weight_decay(1e-3)));

TEST(SgdTest, GradientsMayLieOtherwise) {
  at::Tensor parameter = at::zeros({2, 3}).set_requires_grad(true);
  parameter.mutable_grad() = at::arange(6, at::kFloat).reshape({3, 2}).t();
  Sgd({parameter}, torch::optim::SGDOptions(1)).step();
  EXPECT_TRUE(at::equal(parameter, -at::arange(6, at::kFloat).reshape({3, 2}).t()));
}

}  // namespace
}  // namespace mrsn::ops

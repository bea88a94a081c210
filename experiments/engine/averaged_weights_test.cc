#include "experiments/engine/averaged_weights.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include <vector>

#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

struct Net : torch::nn::Module {
  Net() {
    linear = register_module("linear", torch::nn::Linear(3, 2));
    norm = register_module("norm", torch::nn::BatchNorm1d(2));
  }
  std::vector<at::Tensor> State() const {
    std::vector<at::Tensor> state = parameters();
    for (const at::Tensor& buffer : buffers()) state.push_back(buffer);
    return state;
  }
  torch::nn::Linear linear{nullptr};
  torch::nn::BatchNorm1d norm{nullptr};
};

void Disturb(Net& net) {
  const at::NoGradGuard no_grad;
  for (at::Tensor& parameter : net.parameters()) parameter.add_(at::randn_like(parameter));
  net.norm->running_mean.add_(at::randn({2}));
  net.norm->num_batches_tracked.add_(1);
}

std::vector<double> Values(const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach().to(at::kDouble).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

TEST(AveragedWeightsTest, EqualsALoopInDouble) {
  constexpr double kDecay = 0.9;
  at::manual_seed(1);
  Net net;
  AveragedWeights average(kDecay, net);
  std::vector<std::vector<double>> expected;
  for (const auto& one : average.averages()) expected.push_back(Values(one.of));
  ASSERT_EQ(expected.size(), 6) << "weight and bias of both modules, and both running statistics";
  for (int step = 0; step < 30; ++step) {
    Disturb(net);
    average.Update();
    for (size_t i = 0; i < expected.size(); ++i) {
      const std::vector<double> weights = Values(average.averages()[i].of);
      for (size_t j = 0; j < weights.size(); ++j) {
        expected[i][j] = kDecay * expected[i][j] + (1 - kDecay) * weights[j];
      }
    }
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    const std::vector<double> found = Values(average.averages()[i].value);
    for (size_t j = 0; j < found.size(); ++j) {
      EXPECT_NEAR(found[j], expected[i][j], 1e-5) << average.averages()[i].name;
    }
  }
}

TEST(AveragedWeightsTest, WeightsThatStayAreTheirAverage) {
  Net net;
  AveragedWeights average(0.999, net);
  for (int step = 0; step < 10; ++step) average.Update();
  for (const auto& one : average.averages()) EXPECT_TRUE(at::equal(one.value, one.of)) << one.name;
}

TEST(AveragedWeightsTest, ExchangingTwiceChangesNothing) {
  at::manual_seed(2);
  Net net;
  AveragedWeights average(0.5, net);
  Disturb(net);
  average.Update();
  const std::vector<at::Tensor> state = net.State();
  std::vector<at::Tensor> before;
  for (const at::Tensor& tensor : state) before.push_back(tensor.detach().clone());
  const at::Tensor mean = average.averages()[0].value.clone();
  {
    const WithAverage averaged(&average);
    EXPECT_TRUE(at::equal(average.averages()[0].of, mean));
    EXPECT_FALSE(at::equal(net.linear->weight, before[0]));
    EXPECT_EQ(net.norm->num_batches_tracked.item<int64_t>(), 1) << "the model's own";
  }
  for (size_t i = 0; i < state.size(); ++i) EXPECT_TRUE(at::equal(state[i], before[i]));
  EXPECT_TRUE(at::equal(average.averages()[0].value, mean));
  const WithAverage none(nullptr);
  EXPECT_TRUE(at::equal(net.linear->weight, before[0]));
}

}  // namespace
}  // namespace mrsn::experiments

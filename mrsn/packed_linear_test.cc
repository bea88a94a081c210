#include "mrsn/packed_linear.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/testing/compare.h"

namespace mrsn {
namespace {

class PackedLinearTest : public ::testing::Test {
 protected:
  void SetUp() override {
    torch::manual_seed(1);
    at::set_num_threads(1);
  }

  at::Tensor Packed(const at::Tensor& x) { return packed_(x, layer_->weight, layer_->bias); }

  // Without a call with gradients in between, which would drop the copy.
  void ExpectCurrent(const char* after) {
    at::NoGradGuard no_grad;
    const at::Tensor result = Packed(x_);
    EXPECT_TRUE(Close(result, at::linear(x_, layer_->weight, layer_->bias), 1e-6)) << after;
    EXPECT_TRUE(!last_.defined() || !Close(result, last_, 1e-3)) << after << ": the change is too small";
    last_ = result;
  }

  torch::nn::Linear layer_{33, 21};
  at::Tensor x_ = at::randn({5, 33}), last_;
  PackedLinear packed_;
};

TEST_F(PackedLinearTest, IsAtLinearForEveryShape) {
  at::NoGradGuard no_grad;
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{33}, {1, 33}, {7, 33}, {2, 3, 33}, {500, 33}, {0, 33}, {2, 0, 33}}) {
    const at::Tensor x = at::randn(shape);
    EXPECT_TRUE(Close(Packed(x), at::linear(x, layer_->weight, layer_->bias), 1e-6)) << x.sizes();
  }
  const at::Tensor columns = at::randn({33, 9});  // not contiguous
  EXPECT_TRUE(Close(Packed(columns.t()), at::linear(columns.t(), layer_->weight, layer_->bias), 1e-6));
  EXPECT_THROW(Packed(at::randn({5, 32})), c10::Error);
  PackedLinear rows;  // rows 4 to 9 of the weight, as in_proj_weight's parts are
  EXPECT_TRUE(Close(rows(x_, layer_->weight.slice(0, 4, 9), layer_->bias.slice(0, 4, 9)),
                    at::linear(x_, layer_->weight, layer_->bias).slice(1, 4, 9), 1e-6));
}

TEST_F(PackedLinearTest, OtherTypesAndGradientsAreAtLinears) {
  EXPECT_TRUE(at::equal(Packed(x_), at::linear(x_, layer_->weight, layer_->bias)));
  EXPECT_TRUE(Packed(x_).requires_grad());
  at::NoGradGuard no_grad;
  Packed(x_);
  layer_->to(at::kDouble);
  const at::Tensor x = x_.to(at::kDouble);
  EXPECT_TRUE(at::equal(Packed(x), at::linear(x, layer_->weight, layer_->bias)));
  EXPECT_THROW(Packed(x_), c10::Error);  // float by double
}

TEST_F(PackedLinearTest, FollowsItsWeight) {
  ExpectCurrent("start");
  torch::optim::SGD optimizer(layer_->parameters(), torch::optim::SGDOptions(1));
  for (int step = 0; step < 3; ++step) {
    optimizer.zero_grad();
    Packed(x_).square().sum().backward();
    // With and without a copy made just before the step, which writes behind autograd's back.
    if (step != 1) {
      at::NoGradGuard no_grad;
      Packed(x_);
    }
    optimizer.step();
    ExpectCurrent("a step");
  }
  {
    at::NoGradGuard no_grad;
    layer_->weight.copy_(at::randn_like(layer_->weight));
    ExpectCurrent("copy_");
    layer_->weight[3][4] += 100;
    ExpectCurrent("one value");
  }
  layer_->to(at::kDouble);
  layer_->weight.data().mul_(0.5);
  layer_->to(at::kFloat);
  ExpectCurrent("to double and back");
  layer_->weight.set_data(at::randn({21, 33}));
  ExpectCurrent("set_data");
}

TEST_F(PackedLinearTest, DoesNotKeepTheWeightsMemory) {
  at::NoGradGuard no_grad;
  at::Tensor weight = at::randn({21, 33});
  packed_(x_, weight, layer_->bias);
  const c10::weak_intrusive_ptr<c10::StorageImpl> storage = weight.storage().getWeakStorageImpl();
  weight.reset();
  EXPECT_TRUE(storage.expired());
}

TEST_F(PackedLinearTest, ManyThreads) {
  at::NoGradGuard no_grad;
  const at::Tensor expected = at::linear(x_, layer_->weight, layer_->bias);
  std::vector<at::Tensor> results(8);
  std::vector<std::thread> threads;
  for (at::Tensor& result : results) {
    threads.emplace_back([&] {
      at::NoGradGuard no_grad;
      for (int i = 0; i < 50; ++i) result = Packed(x_);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const at::Tensor& result : results) EXPECT_TRUE(Close(result, expected, 1e-6));
}

}  // namespace
}  // namespace mrsn

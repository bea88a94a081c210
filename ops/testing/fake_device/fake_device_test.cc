#include "ops/testing/fake_device/fake_device.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/nn/functional/dropout.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/optim/sgd.h>

#include <vector>

namespace mrsn::testing {
namespace {

at::Tensor OnFake(const at::Tensor& tensor) { return tensor.to(FakeDevice()); }

// Convolution, both norms, attention, pooling, dropout and a classifier.
struct SmallNet : torch::nn::Module {
  SmallNet() {
    register_module("conv", conv);
    register_module("batch_norm", batch_norm);
    register_module("layer_norm", layer_norm);
    register_module("linear", linear);
  }
  at::Tensor Forward(const at::Tensor& x) {
    at::Tensor y = at::max_pool3d(at::relu(batch_norm(conv(x))), {1, 2, 2});
    y = layer_norm(y.mean(2).flatten(2).transpose(1, 2));  // [2,16,8]
    y = at::scaled_dot_product_attention(y, y, y) + y;
    return linear(at::dropout(at::gelu(y).mean(1), 0.5, is_training()));
  }
  torch::nn::Conv3d conv{torch::nn::Conv3dOptions(3, 8, 3).padding(1)};
  torch::nn::BatchNorm3d batch_norm{8};
  torch::nn::LayerNorm layer_norm{torch::nn::LayerNormOptions({8})};
  torch::nn::Linear linear{8, 5};
};

// The losses of five steps of training.
std::vector<double> Train(c10::Device device) {
  at::manual_seed(1);
  SmallNet net;
  const at::Tensor x = at::randn({2, 3, 4, 8, 8}), labels = (at::rand({2, 5}) > 0.5).to(at::kFloat);
  net.to(device);
  const at::Tensor moved = x.to(device), moved_labels = labels.to(device);
  torch::optim::SGD optimizer(net.parameters(), torch::optim::SGDOptions(0.1).momentum(0.9));
  std::vector<double> losses;
  for (int step = 0; step < 5; ++step) {
    optimizer.zero_grad();
    const at::Tensor loss = at::binary_cross_entropy_with_logits(net.Forward(moved), moved_labels);
    loss.backward();
    optimizer.step();
    losses.push_back(loss.item<double>());
  }
  return losses;
}

TEST(FakeDeviceTest, TrainsAsTheCpu) {
  const std::vector<double> expected = Train(at::kCPU), found = Train(FakeDevice());
  EXPECT_LT(expected.back(), expected.front());
  for (int step = 0; step < 5; ++step) EXPECT_NEAR(found[step], expected[step], 1e-6) << step;
}

TEST(FakeDeviceTest, CountsWhatCostsTime) {
  const at::Tensor host = at::arange(6, at::kFloat).view({2, 3});
  FakeCounts before = FakeCounted();
  const at::Tensor x = OnFake(host);
  FakeCounts spent = FakeCounted() - before;
  EXPECT_EQ(spent.copies_to_device, 1);
  EXPECT_EQ(spent.host_reads, 0);

  before = FakeCounted();
  const at::Tensor sum = (x * 2 + 1).t().select(0, 1).sum();  // views, wrapped numbers
  spent = FakeCounted() - before;
  EXPECT_EQ(spent.operations, 3);
  EXPECT_EQ(spent.host_reads, 0);
  EXPECT_EQ(spent.copies_to_device, 0);

  before = FakeCounted();
  EXPECT_EQ(sum.item<float>(), 2 * (1 + 4) + 2);
  spent = FakeCounted() - before;
  EXPECT_EQ(spent.host_reads, 1);

  before = FakeCounted();
  EXPECT_TRUE(at::equal(x.cpu(), host));
  EXPECT_EQ((FakeCounted() - before).host_reads, 1);
}

TEST(FakeDeviceTest, SizesThatDependOnValuesAreHostReads) {
  const at::Tensor x = OnFake(at::tensor({1.0f, -1.0f, 2.0f}));
  const at::Tensor mask = x > 0;
  const FakeCounts before = FakeCounted();
  EXPECT_EQ(x.masked_select(mask).size(0), 2);
  EXPECT_EQ(x.index({mask}).size(0), 2);
  EXPECT_EQ(mask.nonzero().size(0), 2);
  EXPECT_FALSE(at::equal(x, -x));
  at::Tensor y = x.clone();
  y.index_put_({mask}, at::zeros({1}, x.options()));
  EXPECT_EQ((FakeCounted() - before).host_reads, 5) << FakeEvents();
}

TEST(FakeDeviceTest, EventsNameWhatWasDone) {
  ForgetFakeEvents();
  OnFake(at::zeros({2, 3})).sum().item<float>();
  EXPECT_EQ(FakeEvents(), "copy to device: Float [2,3]\nhost read: item()\n");
}

TEST(FakeDeviceTest, RefusesTensorsOfTheCpu) {
  const at::Tensor there = OnFake(at::ones({2, 3})), here = at::ones({2, 3});
  EXPECT_THROW(there + here, c10::Error);
  EXPECT_THROW(here * there, c10::Error);
  EXPECT_THROW(at::matmul(there, here.t()), c10::Error);
  EXPECT_THROW(at::cat({there, here}), c10::Error);
  EXPECT_THROW(there.index_select(0, at::tensor({int64_t{0}})), c10::Error);
  EXPECT_THROW(at::conv2d(OnFake(at::ones({1, 1, 4, 4})), at::ones({1, 1, 3, 3})), c10::Error);
  EXPECT_THROW(at::conv2d(at::ones({1, 1, 4, 4}), OnFake(at::ones({1, 1, 3, 3}))), c10::Error);
  EXPECT_NO_THROW(there + at::scalar_tensor(1.0f));  // as a GPU allows
}

TEST(FakeDeviceDeathTest, HostCannotTouchItsMemory) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const at::Tensor x = OnFake(at::ones({4}));
  EXPECT_EXIT((void)*static_cast<volatile float*>(x.data_ptr<float>()), ::testing::KilledBySignal(SIGSEGV),
              "");
  EXPECT_EXIT(*static_cast<volatile float*>(x.data_ptr<float>()) = 1, ::testing::KilledBySignal(SIGSEGV), "");
  const at::Tensor kernel_done = x + 1;  // memory is closed again after an operation
  EXPECT_EXIT((void)*static_cast<volatile float*>(x.data_ptr<float>()), ::testing::KilledBySignal(SIGSEGV),
              "");
}

TEST(FakeDeviceTest, ChangesInPlaceAndOutputs) {
  at::Tensor x = OnFake(at::zeros({2, 3}));
  x.select(0, 1).fill_(2);
  x.slice(1, 0, 1).add_(1);
  EXPECT_TRUE(at::equal(x.cpu(), at::tensor({1.0f, 0.0f, 0.0f, 3.0f, 2.0f, 2.0f}).view({2, 3})));
  at::Tensor out = at::empty({0}, x.options());
  at::add_out(out, x, x);  // grows
  EXPECT_TRUE(at::equal(out.cpu(), 2 * x.cpu()));
  x.resize_({3, 3});
  EXPECT_TRUE(at::equal(x.cpu().flatten().slice(0, 0, 6), out.cpu().flatten() / 2));
}

TEST(FakeDeviceTest, CountsBytes) {
  const int64_t before = FakeBytes();
  ResetPeakFakeBytes();
  {
    const at::Tensor x = OnFake(at::zeros({1000}));
    EXPECT_EQ(FakeBytes() - before, 4000);
  }
  EXPECT_EQ(FakeBytes(), before);
  EXPECT_EQ(PeakFakeBytes() - before, 4000);
}

}  // namespace
}  // namespace mrsn::testing

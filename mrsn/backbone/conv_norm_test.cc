#include "mrsn/backbone/conv_norm.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/testing/compare.h"

namespace mrsn {
namespace {

struct Shape {
  const char* name;
  std::vector<int64_t> input;  // [B,C,T,H,W]
  int64_t outputs;
  std::vector<int64_t> kernel, stride, padding;
};

const std::vector<Shape>& Shapes() {
  static const auto* shapes = new std::vector<Shape>{
      {"Spatial", {2, 5, 3, 9, 8}, 7, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}},
      {"Temporal", {2, 6, 5, 4, 3}, 8, {3, 1, 1}, {1, 1, 1}, {1, 0, 0}},
      {"Both", {1, 3, 6, 10, 9}, 4, {3, 3, 3}, {1, 2, 2}, {1, 1, 1}},
      {"Pointwise", {2, 12, 2, 5, 5}, 9, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}},
      {"Winograds", {1, 64, 2, 16, 16}, 64, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}},
  };
  return *shapes;
}

// Autocast to bfloat16 on the CPU, as a detector with that precision does it.
class Autocast {
 public:
  Autocast() { Set(true); }
  ~Autocast() {
    at::autocast::clear_cache();
    Set(false);
  }

 private:
  static void Set(bool enabled) {
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, enabled);
  }
};

at::Tensor Rounded(const at::Tensor& t) { return t.to(at::kBFloat16).to(at::kDouble); }

class Bfloat16Test : public ::testing::TestWithParam<std::tuple<size_t, bool>> {
 protected:
  void SetUp() override {
    torch::manual_seed(1);
    conv_ = torch::nn::Conv3d(torch::nn::Conv3dOptions(shape_.input[1], shape_.outputs,
                                                       {shape_.kernel[0], shape_.kernel[1], shape_.kernel[2]})
                                  .stride({shape_.stride[0], shape_.stride[1], shape_.stride[2]})
                                  .padding({shape_.padding[0], shape_.padding[1], shape_.padding[2]})
                                  .bias(false));
    norm_ = torch::nn::BatchNorm3d(shape_.outputs);
    {
      const at::NoGradGuard no_grad;
      norm_->weight.uniform_(0.5, 1.5);
      norm_->bias.normal_();
      norm_->running_mean.normal_();
      norm_->running_var.uniform_(0.5, 2);
    }
    norm_->eval();
    x_ = at::randn(shape_.input).contiguous(at::MemoryFormat::ChannelsLast3d);
    const at::NoGradGuard no_grad;
    const at::Tensor scale = norm_->weight * (norm_->running_var + norm_->options.eps()).rsqrt();
    // Sums of products of bfloat16 numbers, in double.
    expected_ = at::convolution(Rounded(x_), Rounded(conv_->weight * scale.reshape({-1, 1, 1, 1, 1})),
                                Rounded(norm_->bias - norm_->running_mean * scale), shape_.stride,
                                shape_.padding, {1, 1, 1}, false, {0, 0, 0}, 1);
    if (std::get<1>(GetParam())) residual_ = at::randn(expected_.sizes());
    if (residual_.defined()) expected_ = expected_ + Rounded(residual_);
    expected_ = expected_.relu();
  }

  void ExpectClose(const at::Tensor& y) {
    EXPECT_EQ(y.scalar_type(), at::kBFloat16);
    ASSERT_EQ(y.sizes(), expected_.sizes());
    // A result is rounded once or twice, to 8 bits.
    const double error = (y.to(at::kDouble) - expected_).abs().max().item<double>();
    EXPECT_LE(error, expected_.abs().max().item<double>() / 128);
    EXPECT_GT(error, 0) << "no number was rounded";
  }

  const Shape& shape_ = Shapes()[std::get<0>(GetParam())];
  torch::nn::Conv3d conv_{nullptr};
  torch::nn::BatchNorm3d norm_{nullptr};
  at::Tensor x_, residual_, expected_;
};

TEST_P(Bfloat16Test, WithoutGradients) {
  const at::NoGradGuard no_grad;
  const Autocast autocast;
  ConvNorm layer(conv_, norm_);
  ExpectClose(layer.Forward(x_, Activation::kRelu, residual_));
  // The second time with the weights that were kept.
  ExpectClose(layer.Forward(x_, Activation::kRelu, residual_));
}

// LibTorch's autocast leaves convolutions with gradients in float32.
TEST_P(Bfloat16Test, WithGradients) {
  const auto run = [&] {
    conv_->zero_grad();
    const at::Tensor y = ConvNorm(conv_, norm_).Forward(x_, Activation::kRelu, residual_);
    y.to(at::kFloat).sum().backward();
    return y.detach();
  };
  const at::Tensor expected = run(), expected_gradient = conv_->weight.grad().clone();
  const Autocast autocast;
  EXPECT_TRUE(Close(run(), expected, 1.0 / 128));
  EXPECT_TRUE(Close(conv_->weight.grad(), expected_gradient, 1.0 / 32));
}

INSTANTIATE_TEST_SUITE_P(Shapes, Bfloat16Test,
                         ::testing::Combine(::testing::Range<size_t>(0, Shapes().size()), ::testing::Bool()),
                         [](const auto& info) {
                           return std::string(Shapes()[std::get<0>(info.param)].name) +
                                  (std::get<1>(info.param) ? "AndResidual" : "");
                         });

// A batch of clips of two sizes: one backward pass after two forward passes.
TEST(ConvNormTest, TrainsOnClipsOfTwoSizes) {
  torch::manual_seed(1);
  const torch::nn::Conv3d conv(torch::nn::Conv3dOptions(3, 4, 1).bias(false));
  const torch::nn::BatchNorm3d norm(4), plain(4);
  ConvNorm layer(conv, norm);
  const at::Tensor small = at::randn({2, 3, 2, 4, 4}), large = at::randn({1, 3, 2, 5, 7});
  const at::Tensor first = layer.Forward(small, Activation::kNone).square().sum();
  const at::Tensor second = layer.Forward(large, Activation::kNone).square().sum();
  (first + second).backward();
  EXPECT_TRUE(conv->weight.grad().defined());
  at::NoGradGuard no_grad;
  torch::nn::BatchNorm3d reference = plain;
  reference->forward(at::conv3d(small, conv->weight));
  reference->forward(at::conv3d(large, conv->weight));
  EXPECT_TRUE(Close(norm->running_mean, reference->running_mean, 1e-6));
  EXPECT_TRUE(Close(norm->running_var, reference->running_var, 1e-6));
  EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 2);
}

}  // namespace
}  // namespace mrsn

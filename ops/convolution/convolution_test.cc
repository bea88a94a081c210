// Against at::convolution's own gradients in double precision.
#include "ops/convolution/convolution.h"

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mrsn::ops {
namespace {

struct Case {
  const char* name;
  std::vector<int64_t> x, weight;
  ConvolutionOptions options;
  bool by_taps;
};

double Difference(const at::Tensor& actual, const at::Tensor& expected) {
  EXPECT_EQ(actual.sizes(), expected.sizes());
  return (actual - expected).abs().max().item<double>() / expected.abs().max().item<double>();
}

class ConvolutionTest : public ::testing::TestWithParam<Case> {};

TEST_P(ConvolutionTest, GradientsAreRight) {
  const Case& c = GetParam();
  at::manual_seed(1);
  const auto layout = at::MemoryFormat::ChannelsLast;
  at::Tensor x = at::randn(c.x).contiguous(layout), weight = at::randn(c.weight),
             bias = at::randn({c.weight[0]});
  std::vector<at::Tensor> doubles;
  for (at::Tensor* tensor : {&x, &weight, &bias}) {
    doubles.push_back(tensor->to(at::kDouble).set_requires_grad(true));
    tensor->set_requires_grad(true);
  }
  EXPECT_EQ(GradientByTaps(x, weight, c.options), c.by_taps);
  const at::Tensor y = Convolution(x, weight, bias, c.options);
  const at::Tensor expected = at::convolution(doubles[0], doubles[1], doubles[2], c.options.stride,
                                              c.options.padding, c.options.dilation, false, {0, 0}, 1);
  EXPECT_LT(Difference(y, expected), 1e-5);
  const at::Tensor dy = at::randn_like(y);
  y.backward(dy);
  expected.backward(dy.to(at::kDouble));
  EXPECT_LT(Difference(x.grad(), doubles[0].grad()), 1e-5);
  EXPECT_LT(Difference(weight.grad(), doubles[1].grad()), 1e-5);
  EXPECT_LT(Difference(bias.grad(), doubles[2].grad()), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ConvolutionTest,
    ::testing::Values(
        Case{"Temporal", {1, 5, 8, 12}, {7, 5, 3, 1}, {{1, 1}, {1, 0}, {1, 1}}, true},
        Case{"TemporalBatch", {3, 5, 4, 6}, {7, 5, 5, 1}, {{1, 1}, {2, 0}, {1, 1}}, true},
        Case{"ShorterThanTheKernel", {2, 3, 1, 6}, {4, 3, 5, 1}, {{1, 1}, {2, 0}, {1, 1}}, true},
        Case{"Dilated", {2, 6, 7, 9}, {5, 6, 3, 3}, {{1, 1}, {2, 2}, {2, 2}}, true},
        Case{"DilatedBeyondTheMap", {2, 6, 3, 2}, {5, 6, 3, 3}, {{1, 1}, {4, 4}, {4, 4}}, true},
        Case{"Unpadded", {2, 3, 9, 8}, {4, 3, 3, 3}, {{1, 1}, {0, 0}, {2, 2}}, true},
        Case{"Wide", {1, 1024, 2, 3}, {1024, 1024, 1, 1}, {}, true},
        Case{"OneTap", {2, 3, 9, 8}, {4, 3, 1, 1}, {}, false},
        Case{"FewChannelsStrided", {2, 4, 8, 8}, {8, 4, 1, 1}, {{2, 2}, {0, 0}, {1, 1}}, true},
        Case{"FewChannelsOddSizes", {2, 3, 9, 16}, {4, 3, 1, 1}, {{2, 3}, {0, 0}, {1, 1}}, true},
        Case{"FewChannelsPadded", {2, 3, 9, 6}, {4, 3, 1, 1}, {{2, 3}, {1, 2}, {1, 1}}, true},
        Case{"EightChannelsStrided", {2, 8, 8, 8}, {8, 8, 1, 1}, {{2, 2}, {0, 0}, {1, 1}}, false},
        Case{"Strided", {2, 3, 9, 8}, {4, 3, 3, 1}, {{2, 1}, {1, 0}, {1, 1}}, false},
        Case{"Plain", {2, 3, 9, 8}, {4, 3, 3, 3}, {{1, 1}, {1, 1}, {1, 1}}, false}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ConvolutionTest, OnlyTheGradientsAskedFor) {
  const at::Tensor x = at::randn({1, 4, 6, 5}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor weight = at::randn({3, 4, 3, 1}).set_requires_grad(true);
  Convolution(x, weight, {}, {{1, 1}, {1, 0}, {1, 1}}).sum().backward();
  EXPECT_TRUE(weight.grad().defined());
  EXPECT_FALSE(x.grad().defined());
}

TEST(ConvolutionTest, WrongRanksAreErrors) {
  EXPECT_THROW(Convolution(at::randn({1, 4, 6}), at::randn({3, 4, 3, 1}), {}, {}), c10::Error);
}

}  // namespace
}  // namespace mrsn::ops

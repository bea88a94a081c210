#include "ops/winograd/winograd.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "ATen/ATen.h"
#include "ATen/Parallel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/cpu/instruction_set.h"

namespace mrsn::ops {
namespace {

using ::testing::HasSubstr;

constexpr double kErrorBound = 5e-6;  // of the largest output

at::Tensor ChannelsLast(const at::Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast3d); }

// Values like those after a ReLU, whose mean is not zero.
at::Tensor Activations(at::IntArrayRef sizes) { return ChannelsLast(at::randn(sizes).relu_()); }

at::Tensor Weight(WinogradKind kind, int64_t outputs, int64_t inputs) {
  const double scale = std::sqrt(2.0 / (inputs * (kind == WinogradKind::kSpatial3x3 ? 9 : 3)));
  return scale * (kind == WinogradKind::kSpatial3x3 ? at::randn({outputs, inputs, 1, 3, 3})
                                                    : at::randn({outputs, inputs, 3, 1, 1}));
}

// The direct sum in double.
at::Tensor Reference(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, int64_t dilation,
                     bool relu) {
  const bool spatial = weight.size(2) == 1;
  const std::vector<int64_t> padding = {spatial ? 0 : dilation, spatial ? dilation : 0,
                                        spatial ? dilation : 0};
  const at::Tensor b = bias.defined() ? bias.to(at::kDouble) : bias;
  const at::Tensor y = at::convolution(x.to(at::kDouble), weight.to(at::kDouble), b, {1, 1, 1}, padding,
                                       {dilation, dilation, dilation}, false, {0, 0, 0}, 1);
  return relu ? y.relu() : y;
}

void ExpectClose(const at::Tensor& y, const at::Tensor& reference) {
  ASSERT_EQ(y.sizes(), reference.sizes());
  EXPECT_EQ(y.scalar_type(), at::kFloat);
  EXPECT_TRUE(y.is_contiguous(at::MemoryFormat::ChannelsLast3d));
  const double largest = reference.abs().max().item<double>();
  const double error = (y.to(at::kDouble) - reference).abs().max().item<double>();  // NaN fails
  EXPECT_LE(error, kErrorBound * largest) << "relative " << error / largest;
}

class WinogradTest : public ::testing::TestWithParam<std::tuple<InstructionSet, WinogradKind>> {
 protected:
  void SetUp() override {
    if (!Runs(instructions())) GTEST_SKIP() << "not on this processor";
    at::manual_seed(1);
  }
  InstructionSet instructions() const { return std::get<0>(GetParam()); }
  WinogradKind kind() const { return std::get<1>(GetParam()); }
  bool spatial() const { return kind() == WinogradKind::kSpatial3x3; }

  void Compare(at::IntArrayRef sizes, int64_t outputs, int64_t dilation, bool with_bias, bool relu) const {
    SCOPED_TRACE(::testing::Message() << sizes << " to " << outputs << ", dilation " << dilation << ", bias "
                                      << with_bias << ", relu " << relu);
    const at::Tensor x = Activations(sizes), weight = Weight(kind(), outputs, sizes[1]);
    const at::Tensor bias = with_bias ? at::randn({outputs}) : at::Tensor();
    const WinogradConv conv(weight, bias, dilation, instructions());
    EXPECT_EQ(conv.kind(), kind());
    ExpectClose(conv.Forward(x, relu), Reference(x, weight, bias, dilation, relu));
  }
};

TEST_P(WinogradTest, EveryRemainderOfATileAndMapsBelowOne) {
  for (const int64_t dilation : {1, 2, 3}) {
    for (int64_t length = 1; length <= 9; ++length) {
      // Along the taps: rows and, in the other order, columns; or frames.
      if (spatial()) {
        Compare({1, 5, 2, length, 10 - length}, 7, dilation, true, false);
        Compare({1, 5, 1, 1, length}, 7, dilation, true, false);
      } else {
        Compare({1, 5, length, 3, 2}, 7, dilation, true, false);
      }
    }
  }
  Compare({1, 3, 1, 1, 1}, 2, 4, true, true);
}

TEST_P(WinogradTest, ChannelsThatFillNoVectorOrPanel) {
  for (const int64_t inputs : {1, 3, 16, 17, 33, 257}) {
    for (const int64_t outputs : {1, 8, 15, 64, 67, 130}) {
      Compare({2, inputs, 3, 5, 6}, outputs, 1, inputs % 2 == 0, outputs % 2 == 0);
    }
  }
}

TEST_P(WinogradTest, MapsOfManyChunks) {
  Compare({2, 256, 5, 17, 23}, 70, 1, true, true);
  Compare({1, 300, 9, 15, 21}, 64, 2, true, true);
}

TEST_P(WinogradTest, DeepSumsStayWithinTheErrorBound) { Compare({1, 2048, 4, 6, 7}, 64, 1, true, true); }

TEST_P(WinogradTest, EmptyMapsGiveEmptyOutputs) {
  const WinogradConv conv(Weight(kind(), 6, 4), at::Tensor(), 1, instructions());
  for (const std::vector<int64_t>& sizes :
       {std::vector<int64_t>{0, 4, 2, 3, 3}, {1, 4, 0, 3, 3}, {1, 4, 2, 0, 3}, {1, 4, 2, 3, 0}}) {
    const at::Tensor y = conv.Forward(ChannelsLast(at::zeros(sizes)), true);
    EXPECT_EQ(y.sizes(), at::IntArrayRef({sizes[0], 6, sizes[2], sizes[3], sizes[4]}));
  }
}

TEST_P(WinogradTest, ClipsAndThreadsDoNotInfluenceTheResult) {
  const at::Tensor x = Activations({2, 70, 6, 9, 11}), weight = Weight(kind(), 40, 70);
  const WinogradConv conv(weight, at::randn({40}), 1, instructions());
  const int threads = at::get_num_threads();
  const at::Tensor y = conv.Forward(x, true);
  for (const int64_t clip : {0, 1}) {
    EXPECT_TRUE(conv.Forward(ChannelsLast(x.narrow(0, clip, 1)), true).equal(y.narrow(0, clip, 1)));
  }
  for (const int other : {1, 2, 3}) {
    at::set_num_threads(other);
    EXPECT_TRUE(conv.Forward(x, true).equal(y)) << other << " threads";
  }
  at::set_num_threads(threads);
}

// Two-dimensional distance of output pixels to the pixel (y, x), in dilated steps; large in another phase.
int64_t Steps(int64_t from, int64_t to, int64_t dilation) {
  const int64_t distance = std::abs(from - to);
  return distance % dilation == 0 ? distance / dilation : 1000;
}

TEST_P(WinogradTest, ValuesThatAreNotFiniteStayWithinTheirTiles) {
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const int64_t dilation : {1, 2}) {
      const at::Tensor x = Activations({2, 3, 9, 12, 13});
      const WinogradConv conv(Weight(kind(), 4, 3), at::randn({4}), dilation, instructions());
      const at::Tensor before = conv.Forward(x, true);
      const int64_t t = 4, h = 5, w = 6;
      x[0][1][t][h][w] = value;
      const at::Tensor after = conv.Forward(x, true);
      const at::Tensor same = (after == before).all(1), finite = after.isfinite().all(1);  // [2, T, H, W]
      EXPECT_TRUE(same[1].all().item<bool>());
      for (int64_t i = 0; i < 9; ++i) {
        for (int64_t j = 0; j < 12; ++j) {
          for (int64_t k = 0; k < 13; ++k) {
            int64_t steps = 1000;
            if (spatial() && i == t) steps = std::max(Steps(h, j, dilation), Steps(w, k, dilation));
            if (!spatial() && j == h && k == w) steps = Steps(t, i, dilation);
            if (steps <= 1 && std::isnan(value)) {
              EXPECT_FALSE(finite[0][i][j][k].item<bool>()) << i << " " << j << " " << k;
            } else if (steps > 4) {
              EXPECT_TRUE(same[0][i][j][k].item<bool>()) << i << " " << j << " " << k;
            }
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, WinogradTest,
                         ::testing::Combine(::testing::Values(InstructionSet::kBaseline,
                                                              InstructionSet::kAvx2, InstructionSet::kAvx512),
                                            ::testing::Values(WinogradKind::kSpatial3x3,
                                                              WinogradKind::kTemporal3)));

template <typename Call>
std::string ErrorOf(const Call& call) {
  try {
    call();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "no error";
}

TEST(WinogradErrors, NameWhatWasFoundAndExpected) {
  const at::Tensor weight = at::zeros({4, 3, 1, 3, 3}), none, x = ChannelsLast(at::zeros({1, 3, 2, 5, 6}));
  const auto construct = [&](const at::Tensor& w, const at::Tensor& b, int64_t dilation) {
    return ErrorOf([&] { WinogradConv(w, b, dilation); });
  };
  EXPECT_THAT(construct(at::zeros({4, 3, 3, 3}), none, 1),
              HasSubstr("weight is [4, 3, 3, 3], expected [K, C,"));
  EXPECT_THAT(construct(at::zeros({4, 3, 3, 3, 3}), none, 1), HasSubstr("weight is [4, 3, 3, 3, 3]"));
  EXPECT_THAT(construct(at::zeros({0, 3, 1, 3, 3}), none, 1), HasSubstr("weight is [0, 3, 1, 3, 3]"));
  EXPECT_THAT(construct(weight.to(at::kDouble), none, 1), HasSubstr("weight is Double on cpu"));
  EXPECT_THAT(construct(weight, at::zeros({3}), 1),
              HasSubstr("bias is Float [3] on cpu, expected Float [4]"));
  EXPECT_THAT(construct(weight, none, 0), HasSubstr("dilation is 0"));

  const WinogradConv conv(weight, none, 1);
  const auto forward = [&](const at::Tensor& input) { return ErrorOf([&] { conv.Forward(input, false); }); };
  EXPECT_EQ(forward(x), "no error");
  EXPECT_THAT(forward(x[0]), HasSubstr("input is [3, 2, 5, 6], expected [B, 3, T, H, W]"));
  EXPECT_THAT(forward(ChannelsLast(at::zeros({1, 4, 2, 5, 6}))), HasSubstr("input is [1, 4, 2, 5, 6]"));
  EXPECT_THAT(forward(x.to(at::kBFloat16)), HasSubstr("input is BFloat16 on cpu, expected Float"));
  EXPECT_THAT(forward(x.contiguous()), HasSubstr("expected contiguous channels_last_3d"));
  EXPECT_THAT(forward(x.detach().requires_grad_()), HasSubstr("has no gradient"));
}

TEST(WinogradApplies, ToLargeConvolutionsWithThreeTapsOnly) {
  const bool fast = Runs(InstructionSet::kAvx2);
  const auto applies = [](at::IntArrayRef weight, at::IntArrayRef stride, at::IntArrayRef padding,
                          at::IntArrayRef dilation, int64_t groups) {
    return WinogradConv::Applies(weight, stride, padding, dilation, groups);
  };
  EXPECT_EQ(applies({256, 256, 1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {1, 1, 1}, 1), fast);
  EXPECT_EQ(applies({512, 512, 1, 3, 3}, {1, 1, 1}, {0, 2, 2}, {1, 2, 2}, 1), fast);
  EXPECT_EQ(applies({256, 1280, 3, 1, 1}, {1, 1, 1}, {1, 0, 0}, {1, 1, 1}, 1), fast);
  EXPECT_FALSE(applies({256, 256, 1, 3, 3}, {1, 2, 2}, {0, 1, 1}, {1, 1, 1}, 1));
  EXPECT_FALSE(applies({256, 256, 1, 3, 3}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}, 1));
  EXPECT_FALSE(applies({256, 256, 1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {1, 2, 2}, 1));
  EXPECT_FALSE(applies({256, 8, 1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {1, 1, 1}, 32));
  EXPECT_FALSE(applies({256, 256, 3, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}, 1));
  EXPECT_FALSE(applies({256, 256, 1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}, 1));
  EXPECT_FALSE(applies({256, 256, 3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, 1));
  EXPECT_FALSE(applies({256, 256, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1));
  EXPECT_FALSE(applies({8, 8, 1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {1, 1, 1}, 1));
}

TEST(WinogradApplies, CostRatioCountsTilesThatReachBeyondTheMap) {
  const WinogradConv spatial(at::zeros({1, 1, 1, 3, 3}), {}, 1), temporal(at::zeros({1, 1, 3, 1, 1}), {}, 1);
  EXPECT_DOUBLE_EQ(spatial.CostRatio({1, 1, 8, 16, 22}), 36.0 * 24 / (9 * 16 * 22));
  EXPECT_DOUBLE_EQ(spatial.CostRatio({1, 1, 1, 1, 1}), 36.0 / 9);
  EXPECT_DOUBLE_EQ(temporal.CostRatio({2, 1, 8, 3, 5}), 6.0 / 12);
  EXPECT_DOUBLE_EQ(temporal.CostRatio({1, 1, 5, 3, 5}), 12.0 / 15);
}

}  // namespace
}  // namespace mrsn::ops

// What SlowFast adds to ResNet3d, and the variants of other frameworks. The whole network
// against PySlowFast's numbers is mrsn/pyslowfast_parity_test.cc.
#include "mrsn/backbone/slow_fast.h"

#include <ATen/ATen.h>

#include <string>

#include "gtest/gtest.h"
#include "mrsn/backbone/slow_only.h"
#include "mrsn/testing/compare.h"
#include "mrsn/testing/tap_named.h"
#include "ops/testing/golden.h"

namespace mrsn {
namespace {

SlowFastOptions Small(const LateralOptions& lateral = {}) {
  SlowFastOptions options;
  options.slow.stem_channels = 8;
  options.slow.stem_kernel = 3;
  options.slow.stages = {{1, 16, 4, 1, 1, 1, 0}, {2, 32, 8, 2, 1, 3, 2}};
  options.fast =
      FastPathway(options.slow, {/*beta_inverse=*/4, /*stem_temporal_kernel=*/5, /*temporal_kernel=*/3});
  options.alpha = 4;
  options.lateral = lateral;
  return options;
}

void Scramble(torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  for (at::Tensor& parameter : module.parameters()) parameter.add_(at::randn_like(parameter) * 0.3);
  for (const auto& buffer : module.named_buffers()) {
    if (buffer.value().is_floating_point()) buffer.value().add_(at::rand_like(buffer.value()));
  }
}

class LateralTest : public ::testing::TestWithParam<LateralOptions> {};

// The fused map is the slow one, then the convolution (with norm and ReLU, or its bias) of
// the fast one, every alpha-th frame.
TEST_P(LateralTest, IsConcatenatedToTheSlowPathway) {
  torch::manual_seed(1);
  SlowFast net(Small(GetParam()));
  Scramble(net);
  net.eval();
  Taps taps;
  const at::Tensor F = net.Forward({at::randn({2, 3, 2, 24, 30}), at::randn({2, 3, 8, 24, 30}), {}}, &taps);
  EXPECT_EQ(F.sizes(), (at::IntArrayRef{2, 32 + 8, 3, 4}));
  const auto parameters = net.named_parameters();
  const auto buffers = net.named_buffers();
  for (const std::string after : {"stem", "res2"}) {
    const std::string lateral = "lateral_" + after + ".";
    const at::Tensor fast = TapNamed(taps, "fast." + after), slow = TapNamed(taps, "slow." + after);
    at::Tensor added = at::conv3d(fast, parameters[lateral + "conv.weight"],
                                  GetParam().bias ? parameters[lateral + "conv.bias"] : at::Tensor(),
                                  {4, 1, 1}, {GetParam().kernel / 2, 0, 0});
    if (GetParam().norm_and_relu) {
      added = at::batch_norm(added, parameters[lateral + "norm.weight"], parameters[lateral + "norm.bias"],
                             buffers[lateral + "norm.running_mean"], buffers[lateral + "norm.running_var"],
                             false, 0.1, 1e-5, false)
                  .relu();
    } else {
      EXPECT_FALSE(parameters.contains(lateral + "norm.weight"));
    }
    EXPECT_TRUE(Close(TapNamed(taps, "slow." + after + "_fused"), at::cat({slow, added}, 1), 1e-5)) << after;
  }
  // Neither pathway's last stage is fused; F is both, averaged over time.
  EXPECT_TRUE(
      Close(F, at::cat({TapNamed(taps, "slow.res3").mean(2), TapNamed(taps, "fast.res3").mean(2)}, 1), 1e-5));
}

INSTANTIATE_TEST_SUITE_P(Frameworks, LateralTest,
                         ::testing::Values(LateralOptions{7, 2, true, false},
                                           LateralOptions{5, 2, true, false},
                                           LateralOptions{5, 2, false, false},
                                           LateralOptions{5, 2, false, true},
                                           LateralOptions{3, 1, true, false}));

TEST(SlowFastTest, TheFastPathwayIsThinAndTemporalEverywhere) {
  ResNet3dOptions slow;
  slow.stages = SlowStages(101, 64);
  slow.stages[2].temporal_blocks = 6;
  slow.stages[2].nonlocal = {6, 13};
  const ResNet3dOptions fast = FastPathway(slow, {8, 5, 3});
  EXPECT_EQ(fast.stem_channels, 8);
  EXPECT_EQ(fast.stem_temporal_kernel, 5);
  const int64_t temporal_blocks[] = {3, 4, 6, 3};  // SlowFast "50-50": as in the Slow pathway's res4
  for (size_t s = 0; s < 4; ++s) {
    EXPECT_EQ(fast.stages[s].channels, slow.stages[s].channels / 8);
    EXPECT_EQ(fast.stages[s].temporal_kernel, 3);
    EXPECT_EQ(fast.stages[s].temporal_blocks, temporal_blocks[s]);
    EXPECT_TRUE(fast.stages[s].nonlocal.empty());
  }
}

TEST(SlowFastTest, RefusesFastFramesThatDoNotFit) {
  SlowFast net(Small());
  const at::Tensor slow = at::randn({1, 3, 2, 24, 24});
  EXPECT_THROW(net.Forward({slow, {}, {}}), c10::Error);
  EXPECT_THROW(net.Forward({slow, at::randn({1, 3, 6, 24, 24}), {}}), c10::Error);
  EXPECT_THROW(net.Forward({slow, at::randn({1, 3, 8, 24, 32}), {}}), c10::Error);
}

TEST(SlowFastTest, ClipsDoNotInfluenceEachOther) {
  torch::manual_seed(2);
  SlowFast net(Small());
  Scramble(net);
  net.eval();
  const at::NoGradGuard no_grad;
  const at::Tensor slow = at::randn({3, 3, 2, 24, 24}), fast = at::randn({3, 3, 8, 24, 24});
  const at::Tensor together = net.Forward({slow, fast, {}});
  for (int64_t b = 0; b < 3; ++b) {
    EXPECT_TRUE(Close(net.Forward({slow.slice(0, b, b + 1), fast.slice(0, b, b + 1), {}}),
                      together.slice(0, b, b + 1), 1e-5));
  }
}

// One convolution with and without a residual, on maps of several sizes in turn, wide enough
// for every form its weights are kept in.
TEST(ConvNormTest, KeptWeightsServeEveryInput) {
  torch::manual_seed(4);
  torch::nn::Module owner;
  ConvOptions options;
  options.in = options.out = 64;
  options.kernel = 3;
  ConvNorm conv = RegisterConvNorm(owner, "conv", "norm", ResNet3dOptions(), options);
  Scramble(owner);
  owner.eval();
  for (int round = 0; round < 2; ++round) {
    for (const std::vector<int64_t>& size :
         {std::vector<int64_t>{1, 64, 4, 16, 22}, {2, 64, 1, 3, 2}, {1, 64, 2, 30, 9}}) {
      const at::Tensor x = at::randn(size).contiguous(at::MemoryFormat::ChannelsLast3d);
      const at::Tensor residual = at::randn_like(x);
      for (const at::Tensor& added : {at::Tensor(), residual}) {
        const at::Tensor expected = conv.Forward(x, Activation::kRelu, added);  // with gradients
        const at::NoGradGuard no_grad;
        EXPECT_TRUE(Close(conv.Forward(x, Activation::kRelu, added), expected, 2e-5)) << x.sizes();
        EXPECT_TRUE(Close(conv.Forward(x, Activation::kNone, added).relu(), expected, 2e-5)) << x.sizes();
      }
    }
    const at::NoGradGuard no_grad;
    const at::Tensor small = at::randn({1, 64, 1, 5, 5}), large = at::randn({1, 64, 8, 16, 16});
    const at::Tensor first = conv.Forward(small, Activation::kRelu);
    conv.Forward(large, Activation::kRelu, large);
    EXPECT_TRUE(at::equal(conv.Forward(small, Activation::kRelu), first));
  }
}

TEST(BackboneTest, PoolsOverTime) {
  const at::Tensor x = at::randn({2, 3, 4, 5, 6});
  EXPECT_TRUE(Close(PoolOverTime(x, TemporalPool::kAverage), x.mean(2), 1e-6));
  EXPECT_TRUE(at::equal(PoolOverTime(x, TemporalPool::kMax), std::get<0>(x.max(2))));
}

TEST(BackboneTest, AStemsPoolWithoutPaddingIsACellSmaller) {
  ResNet3dOptions options;
  options.stem_channels = 4;
  options.stages = {{1, 8, 2, 1, 1, 1, 0}};
  options.stem_pool = false;
  torch::manual_seed(3);
  ResNet3d unpooled(options);
  options.stem_pool = true;
  options.stem_pool_padding = false;
  torch::manual_seed(3);
  ResNet3d pooled(options);
  const at::Tensor x = at::randn({1, 3, 2, 32, 44});
  const at::Tensor expected = at::max_pool3d(unpooled.Stem(x), {1, 3, 3}, {1, 2, 2}, {0, 0, 0});
  EXPECT_EQ(expected.sizes(), (at::IntArrayRef{1, 4, 2, 7, 10}));  // with padding: 8 x 11
  EXPECT_TRUE(Close(pooled.Stem(x), expected, 1e-5));
}

class NonLocalTest : public ::testing::TestWithParam<const char*> {};

TEST_P(NonLocalTest, GivesPySlowFastsNumbersAndGradients) {
  const std::string kind = GetParam();
  const ops::GoldenBundle golden = ops::ReadGoldenBundle("mrsn/backbone/testdata/nonlocal");
  ResNet3dOptions options;
  if (kind == "softmax") {
    options.nonlocal = {NonLocalOptions::Affinity::kSoftmax, {1, 2, 2}};
  } else {
    options.nonlocal = {NonLocalOptions::Affinity::kDotProduct, {2, 2, 2}};
  }
  NonLocalBlock block(options, 16);
  block.eval();
  const auto theirs = [](std::string name) {
    return name.compare(0, 5, "norm.") == 0 ? "bn." + name.substr(5) : "conv_" + name;
  };
  {
    const at::NoGradGuard no_grad;
    for (auto& parameter : block.named_parameters()) {
      parameter.value().copy_(golden[kind + "/w/" + theirs(parameter.key())]);
    }
    for (auto& buffer : block.named_buffers())
      buffer.value().copy_(golden[kind + "/w/" + theirs(buffer.key())]);
    EXPECT_TRUE(Close(block.Forward(golden[kind + "/in/x"]), golden[kind + "/out"], 2e-5));
  }
  const at::Tensor x = golden[kind + "/in/x"].clone().set_requires_grad(true);
  const at::Tensor y = block.Forward(x);
  EXPECT_TRUE(Close(y, golden[kind + "/out"], 2e-5));
  y.backward(golden[kind + "/gout"]);
  EXPECT_TRUE(Close(x.grad(), golden[kind + "/grad/x"], 2e-5));
  for (const auto& parameter : block.named_parameters()) {
    const at::Tensor expected = golden[kind + "/grad/" + theirs(parameter.key())];
    if (expected.abs().max().item<double>() < 1e-5) continue;  // softmax: a key's bias cancels
    EXPECT_TRUE(Close(parameter.value().grad(), expected, 1e-4)) << parameter.key();
  }
}

INSTANTIATE_TEST_SUITE_P(Affinities, NonLocalTest, ::testing::Values("dot_product", "softmax"));

// As published: the block's last norm starts at 0.
TEST(NonLocalTest, AFreshBlockChangesNothing) {
  NonLocalBlock block(ResNet3dOptions(), 8);
  block.eval();
  const at::Tensor x = at::randn({1, 8, 2, 6, 6});
  EXPECT_TRUE(at::equal(block.Forward(x), x));
}

}  // namespace
}  // namespace mrsn

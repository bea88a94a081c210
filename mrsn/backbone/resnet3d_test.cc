#include "mrsn/backbone/resnet3d.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "mrsn/backbone/slow_only.h"
#include "mrsn/testing/compare.h"

namespace mrsn {
namespace {

using Block = ResNet3dOptions::Block;

// The network once more in plain loops over doubles, for one network and its
// weights, found by name.
class PlainResNet3d {
 public:
  PlainResNet3d(const ResNet3d& net, const ResNet3dOptions& options, bool batch_statistics)
      : options_(options), batch_statistics_(batch_statistics) {
    for (const auto& item : net.named_parameters()) tensors_[item.key()] = item.value().detach();
    for (const auto& item : net.named_buffers()) tensors_[item.key()] = item.value();
  }

  at::Tensor Forward(at::Tensor x) const {
    x = Relu(Norm("stem_norm", Conv("stem", x, options_.stem_stride, 1)));
    if (options_.stem_pool) x = Pool(x);
    for (size_t s = 0; s < options_.stages.size(); ++s) {
      const auto& stage = options_.stages[s];
      for (int64_t b = 0; b < stage.blocks; ++b) {
        const std::string name = "res" + std::to_string(s + 2) + "_" + std::to_string(b) + ".";
        const int64_t stride = b == 0 ? stage.stride : 1;
        at::Tensor y;
        if (options_.block == Block::kBottleneck) {
          y = Relu(Norm(name + "norm_a", Conv(name + "conv_a", x, 1, 1)));
          y = Relu(Norm(name + "norm_b", Conv(name + "conv_b", y, stride, stage.dilation)));
          y = Norm(name + "norm_c", Conv(name + "conv_c", y, 1, 1));
        } else {
          y = Relu(Norm(name + "norm_a", Conv(name + "conv_a", x, stride, stage.dilation)));
          y = Norm(name + "norm_b", Conv(name + "conv_b", y, 1, stage.dilation));
        }
        const bool has_shortcut = tensors_.count(name + "shortcut.weight") != 0;
        EXPECT_EQ(has_shortcut, x.size(1) != stage.channels || stride != 1) << name;
        const int64_t kernel = tensors_.at(name + "conv_a.weight").size(2);
        EXPECT_EQ(kernel, b < stage.temporal_blocks ? stage.temporal_kernel : 1) << name;
        x = Relu(y +
                 (has_shortcut ? Norm(name + "shortcut_norm", Conv(name + "shortcut", x, stride, 1)) : x));
      }
      if (s == 0) x = PoolFrames(x);
    }
    return x;
  }

 private:
  // Padding keeps the size (before the stride); time is not strided.
  at::Tensor Conv(const std::string& name, const at::Tensor& x, int64_t stride, int64_t dilation) const {
    const at::Tensor weight = tensors_.at(name + ".weight");
    const int64_t kt = weight.size(2), k = weight.size(3);
    const int64_t height = (x.size(3) + stride - 1) / stride, width = (x.size(4) + stride - 1) / stride;
    at::Tensor out = at::zeros({x.size(0), weight.size(0), x.size(2), height, width}, at::kDouble);
    const auto in = x.accessor<double, 5>();
    const auto w = weight.accessor<double, 5>();
    auto o = out.accessor<double, 5>();
    const auto inside = [](int64_t i, int64_t size) { return i >= 0 && i < size; };
    for (int64_t b = 0; b < out.size(0); ++b)
      for (int64_t c = 0; c < out.size(1); ++c)
        for (int64_t t = 0; t < out.size(2); ++t)
          for (int64_t y = 0; y < height; ++y)
            for (int64_t z = 0; z < width; ++z) {
              double sum = 0;
              for (int64_t i = 0; i < weight.size(1); ++i)
                for (int64_t a = 0; a < kt; ++a)
                  for (int64_t d = 0; d < k; ++d)
                    for (int64_t e = 0; e < k; ++e) {
                      const int64_t ti = t + a - kt / 2, yi = y * stride + (d - k / 2) * dilation,
                                    zi = z * stride + (e - k / 2) * dilation;
                      if (inside(ti, x.size(2)) && inside(yi, x.size(3)) && inside(zi, x.size(4))) {
                        sum += in[b][i][ti][yi][zi] * w[c][i][a][d][e];
                      }
                    }
              o[b][c][t][y][z] = sum;
            }
    return out;
  }

  at::Tensor Norm(const std::string& name, const at::Tensor& x) const {
    at::Tensor out = x.clone();
    for (int64_t c = 0; c < x.size(1); ++c) {
      double mean = tensors_.at(name + ".running_mean")[c].item<double>();
      double variance = tensors_.at(name + ".running_var")[c].item<double>();
      const at::Tensor channel = x.select(1, c);
      if (batch_statistics_) {
        mean = channel.sum().item<double>() / channel.numel();
        variance = (channel - mean).square().sum().item<double>() / channel.numel();
      }
      const double scale = tensors_.at(name + ".weight")[c].item<double>();
      const double shift = tensors_.at(name + ".bias")[c].item<double>();
      out.select(1, c).copy_((channel - mean) / std::sqrt(variance + options_.batch_norm_epsilon) * scale +
                             shift);
    }
    return out;
  }

  static at::Tensor Relu(const at::Tensor& x) { return x.clamp_min(0); }

  static at::Tensor Pool(const at::Tensor& x) {  // 1 x 3 x 3, stride 2, padding 1
    const int64_t height = (x.size(3) + 1) / 2, width = (x.size(4) + 1) / 2;
    at::Tensor out = at::empty({x.size(0), x.size(1), x.size(2), height, width}, at::kDouble);
    for (int64_t y = 0; y < height; ++y)
      for (int64_t z = 0; z < width; ++z) {
        const at::Tensor window =
            x.slice(3, std::max<int64_t>(2 * y - 1, 0), std::min(2 * y + 2, x.size(3)))
                .slice(4, std::max<int64_t>(2 * z - 1, 0), std::min(2 * z + 2, x.size(4)));
        out.select(4, z).select(3, y).copy_(window.amax({3, 4}));
      }
    return out;
  }

  at::Tensor PoolFrames(const at::Tensor& x) const {  // the last few may be fewer
    std::vector<at::Tensor> pooled;
    for (int64_t t = 0; t < x.size(2); t += options_.res2_pool) {
      pooled.push_back(x.slice(2, t, std::min(t + options_.res2_pool, x.size(2))).amax(2));
    }
    return at::stack(pooled, 2);
  }

  const ResNet3dOptions& options_;
  const bool batch_statistics_;
  std::map<std::string, at::Tensor> tensors_;
};

// Every feature once: temporal kernels in some blocks, strides, dilation, with and
// without shortcut convolution.
ResNet3dOptions SmallBottleneck() {
  ResNet3dOptions options;
  options.stem_channels = 4;
  options.stem_temporal_kernel = 3;
  options.stem_kernel = 5;
  options.stages = {{2, 8, 3, 1, 1, 1, 0}, {3, 6, 2, 2, 1, 3, 2}, {2, 6, 2, 1, 2, 3, 2}};
  options.batch_norm_epsilon = 1e-3;
  return options;
}

ResNet3dOptions SmallBasic() {
  ResNet3dOptions options;
  options.block = Block::kBasic;
  options.stem_channels = 4;
  options.stem_kernel = 3;
  options.stem_pool = false;
  options.stages = {{1, 4, 0, 1, 1, 1, 0}, {2, 6, 0, 2, 1, 3, 1}, {1, 6, 0, 1, 2, 1, 0}};
  return options;
}

// C2D over flow.
ResNet3dOptions SmallC2d() {
  ResNet3dOptions options;
  options.input_channels = 2;
  options.stem_channels = 4;
  options.stem_kernel = 3;
  options.res2_pool = 2;
  options.stages = {{1, 8, 3, 1, 1, 1, 0}, {2, 6, 2, 2, 1, 1, 0}};
  return options;
}

template <typename Module>
void Scramble(Module& module) {
  module.to(at::kDouble);
  at::NoGradGuard no_grad;
  for (at::Tensor& parameter : module.parameters()) parameter.add_(at::randn_like(parameter) * 0.3);
  for (const auto& buffer : module.named_buffers()) {
    if (buffer.value().is_floating_point()) buffer.value().add_(at::rand_like(buffer.value()));
  }
}

class ResNet3dTest : public ::testing::TestWithParam<ResNet3dOptions (*)()> {
 protected:
  void SetUp() override {
    torch::manual_seed(11);
    at::set_num_threads(1);  // tensors this small only wait for each other
  }
};

TEST_P(ResNet3dTest, EqualsPlainLoops) {
  const ResNet3dOptions options = GetParam()();
  ResNet3d net(options);
  Scramble(net);
  const at::Tensor x = at::randn({2, options.input_channels, 3, 17, 22}, at::kDouble);
  net.eval();
  EXPECT_TRUE(Close(net.Forward(x), PlainResNet3d(net, options, false).Forward(x), 1e-12));
  net.train();
  const at::Tensor expected = PlainResNet3d(net, options, true).Forward(x);
  EXPECT_TRUE(Close(net.Forward(x), expected, 1e-12));
}

TEST_P(ResNet3dTest, GradientsAreRight) {
  const ResNet3dOptions options = GetParam()();
  SlowOnly slow({options, {}});
  Scramble(slow);
  slow.SetBatchNormFrozen(true);
  slow.train();
  const at::Tensor x = at::randn({2, options.input_channels, 3, 9, 11}, at::kDouble).set_requires_grad(true);
  std::vector<std::pair<std::string, at::Tensor>> variables = {{"x", x}};
  for (const auto& parameter : slow.named_parameters()) {
    if (parameter.value().requires_grad()) variables.emplace_back(parameter.key(), parameter.value());
  }
  ExpectGradientsRight([&] { return slow.Forward({x, {}, {}}); }, variables, 2);
}

INSTANTIATE_TEST_SUITE_P(Blocks, ResNet3dTest, ::testing::Values(&SmallBottleneck, &SmallBasic, &SmallC2d),
                         [](const auto& info) {
                           return info.index == 0 ? "Bottleneck" : info.index == 1 ? "Basic" : "C2d";
                         });

int64_t Count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

ResNet3dOptions R50(int64_t width) {
  ResNet3dOptions options;
  options.stem_channels = width;
  options.stages = SlowStages(50, width);
  return options;
}

// PySlowFast's counts: SLOW_8x8_R50 at width 64, and at width 16 without the
// classifier (2,029,920 with 512 * 80 + 80).
TEST(SlowOnlyTest, R50HasPySlowFastsParameters) {
  const SlowOnly slow({R50(64), {}});
  EXPECT_EQ(Count(slow), 31634496);
  EXPECT_EQ(slow.channels(), 2048);
  EXPECT_EQ(slow.stride(), 16);
  EXPECT_EQ(Count(SlowOnly({R50(16), {}})), 2029920 - 512 * 80 - 80);
}

TEST(SlowOnlyTest, StagesHavePySlowFastsShapes) {
  ResNet3d net(R50(16));
  net.eval();
  at::NoGradGuard no_grad;
  at::Tensor x = net.Stem(at::randn({1, 3, 4, 64, 85}));
  EXPECT_EQ(x.sizes(), (at::IntArrayRef{1, 16, 4, 16, 22}));
  const std::vector<std::vector<int64_t>> expected = {
      {1, 64, 4, 16, 22}, {1, 128, 4, 8, 11}, {1, 256, 4, 4, 6}, {1, 512, 4, 4, 6}};
  ASSERT_EQ(net.stages(), expected.size());
  for (size_t s = 0; s < expected.size(); ++s) {
    x = net.Stage(s, x);
    EXPECT_EQ(x.sizes(), at::IntArrayRef(expected[s])) << s;
  }
}

TEST(SlowOnlyTest, AveragesOverTime) {
  SlowOnly slow({SmallBasic(), {}});
  slow.eval();
  const at::Tensor x = at::randn({1, 3, 3, 12, 12});
  const at::Tensor frames = slow.resnet().Forward(x);
  EXPECT_TRUE(Close(slow.Forward({x, {}, {}}),
                    (frames.select(2, 0) + frames.select(2, 1) + frames.select(2, 2)) / 3, 1e-6));
}

TEST(SlowOnlyTest, FrozenBatchNormNeitherLearnsNorRemembers) {
  SlowOnly slow({SmallBottleneck(), {}});
  slow.SetBatchNormFrozen(true);
  slow.train();
  const at::Tensor x = at::randn({2, 3, 2, 16, 16}) * 5 + 1;
  const at::Tensor running = slow.named_buffers()["resnet.stem_norm.running_mean"];
  const at::Tensor before = running.clone(), trained = slow.Forward({x, {}, {}});
  EXPECT_TRUE(at::equal(running, before));
  EXPECT_FALSE(slow.named_parameters()["resnet.stem_norm.weight"].requires_grad());
  EXPECT_TRUE(slow.named_parameters()["resnet.stem.weight"].requires_grad());
  slow.eval();
  EXPECT_TRUE(at::equal(slow.Forward({x, {}, {}}), trained));

  slow.train();
  slow.SetBatchNormFrozen(false);
  EXPECT_FALSE(Close(slow.Forward({x, {}, {}}), trained, 1e-3));
  EXPECT_FALSE(at::equal(running, before));
  EXPECT_TRUE(slow.named_parameters()["resnet.stem_norm.weight"].requires_grad());
}

TEST(SlowOnlyTest, ZeroedLastNormsLeaveTheShortcut) {
  ResNet3dOptions options = SmallBasic();
  options.zero_init_last_batch_norm = true;
  options.stages = {{2, 4, 0, 1, 1, 1, 0}};  // no shortcut convolutions
  ResNet3d net(options);
  net.eval();
  const at::Tensor x = at::randn({1, 3, 2, 8, 8});
  EXPECT_TRUE(at::equal(net.Forward(x), net.Stem(x)));
}

// Kaiming over the fan-out: deviation sqrt(2 / (out t k k)).
TEST(SlowOnlyTest, ConvolutionsStartKaimingNormal) {
  torch::manual_seed(1);
  const SlowOnly slow({R50(64), {}});
  const at::Tensor weight = slow.named_parameters()["resnet.res4_1.conv_b.weight"];  // 256 x 256 x 1 x 3 x 3
  EXPECT_NEAR(weight.std().item<double>() / std::sqrt(2.0 / (256 * 9)), 1, 0.01);
  EXPECT_NEAR(weight.mean().item<double>(), 0, 1e-3);
}

}  // namespace
}  // namespace mrsn

#include "mrsn/backbone/two_stream.h"

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mrsn/testing/compare.h"
#include "mrsn/testing/tap_named.h"

namespace mrsn {
namespace {

using Fusion = TwoStreamOptions::Fusion;

Inception3dOptions SmallI3d() {
  Inception3dOptions options;
  options.width_divisor = 8;
  options.batch_norm_momentum = 1;
  return options;  // 66 channels, stride 16
}

ResNet3dOptions SmallResNet(int64_t channels, int64_t last_stride) {
  ResNet3dOptions options;
  options.block = ResNet3dOptions::Block::kBasic;
  options.stem_channels = 4;
  options.stem_kernel = 3;
  options.stages = {{1, 6, 0, 2, 1, 3, 1}, {1, channels, 0, last_stride, 1, 1, 0}};
  options.res2_pool = 2;
  options.batch_norm_momentum = 1;
  return options;
}

struct Case {
  const char* name;
  TwoStreamOptions options;
};

class TwoStreamTest : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    torch::manual_seed(3);
    at::set_num_threads(1);  // tensors this small only wait for each other
  }
};

Clip RandomClip(int64_t clips, int64_t frames, int64_t height, int64_t width) {
  return {at::randn({clips, 3, frames, height, width}, at::kDouble),
          {},
          at::randn({clips, 2, frames, height, width}, at::kDouble)};
}

// Weights in double, away from where they start, and running statistics of clips, so that
// x still counts after the last of the norms.
void Settle(TwoStream& net) {
  net.to(at::kDouble);
  at::NoGradGuard no_grad;
  for (at::Tensor& parameter : net.parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
  net.train();
  net.Forward(RandomClip(2, 4, 48, 48));
}

// A stream by itself, with the two-stream network's weights.
at::Tensor Alone(const TwoStream& both, const std::string& name, TwoStreamOptions::Stream options,
                 const at::Tensor& x) {
  std::visit([&](auto& network) { network.input_channels = x.size(1); }, options);
  at::NoGradGuard no_grad;
  const auto run = [&](auto net) {
    net.to(at::kDouble);
    const auto parameters = both.named_parameters(), buffers = both.named_buffers();
    for (auto& item : net.named_parameters()) item.value().copy_(parameters[name + "." + item.key()]);
    for (auto& item : net.named_buffers()) item.value().copy_(buffers[name + "." + item.key()]);
    net.eval();
    return net.Forward(x).mean(2);
  };
  if (const auto* resnet = std::get_if<ResNet3dOptions>(&options)) return run(ResNet3d(*resnet));
  return run(Inception3d(std::get<Inception3dOptions>(options)));
}

TEST_P(TwoStreamTest, IsBothStreamsByThemselvesFused) {
  const TwoStreamOptions& options = GetParam().options;
  TwoStream net(options);
  Settle(net);
  net.eval();
  for (const int64_t frames : {5, 1}) {
    const Clip clip = RandomClip(2, frames, 33, 48);
    Taps taps;
    const at::Tensor F = net.Forward(clip, &taps);
    const at::Tensor rgb = Alone(net, "rgb", options.rgb, clip.slow);
    const at::Tensor flow = Alone(net, "flow", options.flow, clip.flow);
    EXPECT_TRUE(Close(
        F, options.fusion == Fusion::kAverage ? 0.5 * rgb + 0.5 * flow : at::cat({rgb, flow}, 1), 1e-12));
    EXPECT_EQ(F.sizes(), (at::IntArrayRef{2, net.channels(), 3, 3}));
    for (const auto& [name, stream] : {std::pair{"rgb", &options.rgb}, std::pair{"flow", &options.flow}}) {
      const std::string last = std::holds_alternative<ResNet3dOptions>(*stream) ? "res3" : "mixed_4e";
      EXPECT_TRUE(Close(TapNamed(taps, std::string(name) + "." + last).mean(2),
                        std::string(name) == "rgb" ? rgb : flow, 1e-12));
    }
  }
  EXPECT_EQ(net.stride(), 16);
  EXPECT_TRUE(net.needs().flow);
}

TEST_P(TwoStreamTest, WithoutMotionFlowStillCounts) {
  TwoStream net(GetParam().options);
  Settle(net);
  net.eval();
  Clip clip = RandomClip(2, 4, 32, 32);
  const at::Tensor moving = net.Forward(clip);
  clip.flow.zero_();
  const at::Tensor still = net.Forward(clip);
  EXPECT_TRUE(still.isfinite().all().item<bool>());
  EXPECT_FALSE(Close(still, moving, 1e-3));
}

TEST_P(TwoStreamTest, GradientsAreRight) {
  TwoStream net(GetParam().options);
  Settle(net);
  net.SetBatchNormFrozen(true);
  net.train();
  Clip clip = RandomClip(2, 3, 9, 10);
  clip.slow.set_requires_grad(true);
  clip.flow.set_requires_grad(true);
  // The streams' own tests have the other parameters.
  std::vector<std::pair<std::string, at::Tensor>> variables = {{"slow", clip.slow}, {"flow", clip.flow}};
  for (const auto& stream : net.named_children()) {
    variables.emplace_back(stream.key(), stream.value()->parameters().front());
  }
  ExpectGradientsRight([&] { return net.Forward(clip); }, variables, 3);
}

TEST_P(TwoStreamTest, ClipsDoNotInfluenceEachOther) {
  TwoStream net(GetParam().options);
  Settle(net);
  net.eval();
  const Clip clip = RandomClip(3, 4, 20, 33);
  const at::Tensor all = net.Forward(clip);
  for (int64_t b = 0; b < 3; ++b) {
    const Clip one = {clip.slow.slice(0, b, b + 1), {}, clip.flow.slice(0, b, b + 1)};
    EXPECT_TRUE(Close(net.Forward(one)[0], all[b], 1e-12)) << b;
  }
}

TEST_P(TwoStreamTest, FreezingReachesEveryNormOfBothStreams) {
  TwoStream net(GetParam().options);
  net.to(at::kDouble);
  const auto moved = [&] {
    std::vector<at::Tensor> before;
    for (const at::Tensor& buffer : net.buffers()) before.push_back(buffer.clone());
    net.Forward(RandomClip(2, 4, 48, 48));
    int64_t count = 0;
    for (size_t i = 0; i < before.size(); ++i) count += !at::equal(net.buffers()[i], before[i]);
    return count;
  };
  net.train();
  EXPECT_EQ(moved(), net.buffers().size());
  net.SetBatchNormFrozen(true);
  net.train();
  EXPECT_EQ(moved(), 0);
  net.SetBatchNormFrozen(false);
  EXPECT_EQ(moved(), net.buffers().size());
  net.eval();
  EXPECT_EQ(moved(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Streams, TwoStreamTest,
    ::testing::Values(Case{"I3dAverage", {SmallI3d(), SmallI3d(), Fusion::kAverage, {}}},
                      Case{"I3dConcatenate", {SmallI3d(), SmallI3d(), Fusion::kConcatenate, {}}},
                      Case{"ResNetAndI3d", {SmallResNet(10, 2), SmallI3d(), Fusion::kConcatenate, {}}},
                      Case{"ResNetAverage", {SmallResNet(10, 2), SmallResNet(10, 2), Fusion::kAverage, {}}}),
    [](const auto& info) { return info.param.name; });

template <typename F>
std::string ErrorOf(const F& f) {
  try {
    f();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "none";
}

TEST(TwoStreamErrorsTest, NameWhatIsExpectedOfFlow) {
  TwoStream net({SmallI3d(), SmallI3d(), Fusion::kAverage, {}});
  const at::Tensor slow = at::zeros({2, 3, 4, 32, 40});
  EXPECT_EQ(ErrorOf([&] { net.Forward({slow, {}, {}}); }), "flow: expected [2,2,4,32,40], got none");
  EXPECT_EQ(ErrorOf([&] {
              net.Forward({slow, {}, at::zeros({2, 3, 4, 32, 40})});
            }),
            "flow: expected [2,2,4,32,40], got [2, 3, 4, 32, 40]");
  EXPECT_EQ(ErrorOf([&] {
              net.Forward({slow, {}, at::zeros({2, 2, 3, 32, 40})});
            }),
            "flow: expected [2,2,4,32,40], got [2, 2, 3, 32, 40]");
  EXPECT_EQ(ErrorOf([&] {
              net.Forward({slow, {}, at::zeros({2, 4, 32, 40})});
            }),
            "flow: expected [2,2,4,32,40], got [2, 4, 32, 40]");
}

TEST(TwoStreamErrorsTest, StreamsMustFit) {
  EXPECT_EQ(ErrorOf([] {
              TwoStream net({SmallI3d(), SmallResNet(66, 1), Fusion::kConcatenate, {}});
            }),
            "TwoStream: streams of strides 16 and 8");
  EXPECT_EQ(ErrorOf([] {
              TwoStream net({SmallI3d(), SmallResNet(10, 2), Fusion::kAverage, {}});
            }),
            "TwoStream: an average of streams of 66 and 10 channels");
}

}  // namespace
}  // namespace mrsn

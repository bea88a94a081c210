// Configurations to detectors: sizes and errors.
#include "mrsn/build_model.h"

#include <ATen/ATen.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/head/mrsn_head.h"
#include "mrsn/model_config.pb.h"
#include "mrsn/testing/micro_detector.h"
#include "mrsn/testing/tap_named.h"

namespace mrsn {
namespace {

using ::testing::HasSubstr;

int64_t Count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

// ---- sizes

// The paper's size from nothing but the class count, in shapes without memory.
TEST(BuildModelTest, DefaultsArePaperSizeOnTheMetaDevice) {
  const auto detector =
      Build("num_classes: 80 slow_only {} mrsn { acre {} aare {} rse {} long_term {} }", torch::kMeta);
  EXPECT_EQ(Count(detector->backbone()), 31634496);
  EXPECT_EQ(detector->needs().relation_width, 3072);
  ASSERT_TRUE(detector->needs().bank.has_value());
  EXPECT_EQ(detector->needs().bank->radius, 10);
  InputSize size = {1, 4, 256, 341};
  size.entries = 50;
  Taps taps;
  const DetectorOutput output = detector->Forward(MakeInput(size, detector->needs(), at::kMeta), &taps);
  EXPECT_EQ(output.logits.sizes(), (at::IntArrayRef{3, 80}));
  EXPECT_EQ(output.G.sizes(), (at::IntArrayRef{3, 3072}));
  std::vector<std::string> names;
  for (const auto& [name, tensor] : taps) {
    names.push_back(name);
    EXPECT_TRUE(tensor.is_meta());
    if (name == "F") {
      EXPECT_EQ(tensor.sizes(), (at::IntArrayRef{1, 2048, 16, 22}));
    }
    if (name == "A") {
      EXPECT_EQ(tensor.sizes(), (at::IntArrayRef{3, 2048, 7, 7}));
    }
    if (name == "X") {
      EXPECT_EQ(tensor.sizes(), (at::IntArrayRef{3, 65, 1024}));
    }
  }
  EXPECT_THAT(names, ::testing::ElementsAre("slow.stem", "slow.res2", "slow.res3", "slow.res4", "slow.res5",
                                            "F", "A", "R_context", "R_actor", "X", "Y", "G", "G_long"));
}

TEST(BuildModelTest, StreamsHaveTheSameShapesOnTheMetaDevice) {
  constexpr char kSmall[] = "width_divisor: 8 separable: true gating: true last: MIXED_5C last_stride: 1";
  const std::string i3d = "inception { width_divisor: 8 }",
                    s3dg = std::string("inception { ") + kSmall + " }";
  const std::string c2d = "resnet { flat: true stem_channels: 8 res2_pool: 2 }";
  const struct {
    std::string backbone;
    bool reads_flow;
    std::vector<int64_t> F;
  } cases[] = {
      {i3d, false, {2, 66, 3, 5}},
      {"two_stream { rgb { " + s3dg + " } }", true, {2, 128, 3, 5}},
      {"two_stream { rgb { " + c2d + " } flow { " + i3d + " } fusion: CONCATENATE }", true, {2, 322, 3, 5}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.backbone);
    std::vector<Taps> taps;
    for (const torch::Device device : {torch::Device(torch::kCPU), torch::Device(torch::kMeta)}) {
      const auto detector = Build("num_classes: 5 linear {} " + c.backbone, device);
      detector->eval();
      EXPECT_EQ(detector->needs().flow, c.reads_flow);
      InputSize size = {2, 5, 40, 70};
      size.persons = 1;
      detector->Forward(MakeInput(size, detector->needs(), device), &taps.emplace_back());
      EXPECT_EQ(TapNamed(taps.back(), "F").sizes(), at::IntArrayRef(c.F));
    }
    ASSERT_EQ(taps[0].size(), taps[1].size());
    for (size_t i = 0; i < taps[0].size(); ++i) {
      EXPECT_EQ(taps[0][i].first, taps[1][i].first);
      EXPECT_EQ(taps[0][i].second.sizes(), taps[1][i].second.sizes()) << taps[0][i].first;
    }
  }
}

// Counts of the equations as METHOD reads them, made once outside this project; C = 2304.
TEST(BuildModelTest, HeadsHaveTheCountedParameters) {
  const auto count = [](int64_t d, int64_t ratio, int64_t layers, int64_t mlp_layers) {
    MrsnHeadOptions options;
    options.channels = 2304;
    options.classes = 80;
    options.mrse = {d, 8, ratio * d, layers, layers, layers};
    options.mlp_layers = mlp_layers;
    return Count(MrsnHead(options));
  };
  EXPECT_EQ(count(512, 1, 1, 1), 12400208);
  EXPECT_EQ(count(512, 4, 1, 2), 19402832);
  EXPECT_EQ(count(1024, 1, 1, 1), 37383248);
  EXPECT_EQ(count(1024, 1, 1, 2), 40366160);
  EXPECT_EQ(count(1024, 1, 2, 1), 62590032);
}

TEST(BuildModelTest, EachAblationRowHasItsClosedForm) {
  // d = 16, f = 32, C = 8, L = 16, g by row; K = 5. Per layer (4 + 2r) d^2 + (9 + r) d.
  const int64_t layer = 8 * 256 + 11 * 16, actor = 8 * 16 + 16, patch = 8 * 4 * 16 + 16, grid = 16 * 16;
  const auto mlp = [](int64_t g) { return g * 16 + 16 + 16 * 5 + 5; };
  const auto count = [](const std::string& encoders) {
    return Count(Build(kMicroBackbone + std::string("mrsn { width: 16 ffn_ratio: 2 support_size: 8 ") +
                       encoders + " }")
                     ->head());
  };
  EXPECT_EQ(count(""), 8 * 5 + 5);
  EXPECT_EQ(count("acre {}"), actor + patch + 16 + grid + layer + mlp(32));
  EXPECT_EQ(count("aare {}"), actor + grid + layer + mlp(16));
  EXPECT_EQ(count("acre {} aare {}"), actor + patch + 16 + 2 * grid + 2 * layer + mlp(48));
  EXPECT_EQ(count("acre {} aare {} rse {}"), actor + patch + 16 + 2 * grid + 4 * layer + mlp(48));
  EXPECT_EQ(count("acre { layers: 2 } aare { layers: 3 } rse { layers: 2 } blocks: 2"),
            actor + patch + 16 + 2 * grid + 2 * 9 * layer + mlp(48));
  // RCM_L: 4 g c + 3 c + g, two g of the norm, one g per second of the window.
  EXPECT_EQ(
      count("acre {} aare {} rse {} long_term { inner_width: 24 }"),
      actor + patch + 16 + 2 * grid + 4 * layer + mlp(48) + 4 * 48 * 24 + 3 * 24 + 48 + 2 * 48 + 21 * 48);
}

TEST(BuildModelTest, LinearHeadHasPySlowFastsParameters) {
  const auto detector = Build("num_classes: 80 slow_only {} linear {}", torch::kMeta);
  EXPECT_EQ(Count(detector->head()), 163920);
  EXPECT_EQ(detector->needs().relation_width, 2048);
  EXPECT_FALSE(detector->needs().bank.has_value());
}

TEST(BuildModelTest, TheSeedFixesTheWeights) {
  torch::manual_seed(9);
  const auto first = Build(Micro());
  torch::manual_seed(9);
  const auto second = Build(Micro());
  const auto third = Build(Micro());
  for (const auto& parameter : first->named_parameters()) {
    EXPECT_TRUE(at::equal(parameter.value(), second->named_parameters()[parameter.key()])) << parameter.key();
  }
  EXPECT_FALSE(at::equal(first->parameters()[0], third->parameters()[0]));
}

// ---- errors

TEST(BuildModelTest, ErrorsNameFieldValueAndWhatIsAllowed) {
  const std::string ok = "num_classes: 3 slow_only {} ";
  const struct {
    std::string config;
    std::vector<std::string> message;
  } cases[] = {
      {"slow_only {} linear {}", {"model.num_classes", "not set", "1 to 100000"}},
      {"num_classes: 0 slow_only {} linear {}", {"model.num_classes is 0", "1 to 100000"}},
      {"num_classes: 3 linear {}", {"model.backbone", "slow_only"}},
      {ok, {"model.head", "linear, mrsn"}},
      {ok + "linear { dropout: 1.5 }", {"model.linear.dropout is 1.5", "0 to 0.99"}},
      {ok + "linear { dropout: nan }", {"model.linear.dropout is nan"}},
      {ok + "linear {} roi { output_size: 0 }", {"model.roi.output_size is 0", "1 to 64"}},
      {ok + "linear {} roi { sampling_ratio: -1 }", {"model.roi.sampling_ratio is -1"}},
      {ok + "mrsn { acre {} width: 100 }", {"model.mrsn.heads is 8", "divisors of width, 100"}},
      {ok + "mrsn { acre {} heads: 0 }", {"model.mrsn.heads is 0"}},
      {ok + "mrsn { acre {} width: 1000000 }", {"model.mrsn.width is 1", "1 to 8192"}},
      {ok + "mrsn { acre {} patch_size: 3 }", {"model.mrsn.patch_size is 3", "divisors of support_size, 16"}},
      {ok + "mrsn { acre {} patch_size: 0 }", {"model.mrsn.patch_size is 0"}},
      {ok + "mrsn { acre {} support_size: -2 }", {"model.mrsn.support_size is -2"}},
      {ok + "mrsn { acre {} ffn_ratio: 0.3 }", {"model.mrsn.ffn_ratio is 0.3", "width, 1024"}},
      {ok + "mrsn { acre {} ffn_ratio: -1 }", {"model.mrsn.ffn_ratio is -1"}},
      {ok + "mrsn { acre {} blocks: 0 }", {"model.mrsn.blocks is 0"}},
      {ok + "mrsn { acre {} actor_token: 7 }", {"model.mrsn.actor_token is 7", "MAX, AVERAGE, FLATTEN"}},
      {ok + "mrsn { acre { layers: 0 } }", {"model.mrsn.acre.layers is 0", "1 to 100"}},
      {ok + "mrsn { aare { layers: -1 } }", {"model.mrsn.aare.layers is -1"}},
      {ok + "mrsn { acre {} aare {} rse { layers: 999 } }", {"model.mrsn.rse.layers is 999"}},
      {ok + "mrsn { acre {} rse {} }", {"model.mrsn.rse", "both acre and aare"}},
      {ok + "mrsn { long_term {} }", {"model.mrsn.long_term", "acre or aare"}},
      {ok + "mrsn { acre {} short_term { mlp_layers: 3 } }",
       {"model.mrsn.short_term.mlp_layers is 3", "1 to 2"}},
      {ok + "mrsn { acre {} short_term { dropout: -0.1 } }", {"model.mrsn.short_term.dropout is -0.1"}},
      {ok + "mrsn { acre {} long_term { window_seconds: -1 } }",
       {"model.mrsn.long_term.window_seconds is -1"}},
      {ok + "mrsn { acre {} long_term { inner_width: 20 } }",
       {"model.mrsn.long_term.inner_width is 20", "multiples of heads, 8"}},
      {"num_classes: 3 linear {} slow_only { block: BASIC }", {"model.slow_only.stages", "at least one"}},
      {"num_classes: 3 linear {} slow_only { block: 9 }",
       {"model.slow_only.block is 9", "BOTTLENECK, BASIC"}},
      {"num_classes: 3 linear {} slow_only { stem_kernel: 4 }", {"model.slow_only.stem_kernel is 4", "odd"}},
      {"num_classes: 3 linear {} slow_only { stem_channels: 0 }", {"model.slow_only.stem_channels is 0"}},
      {"num_classes: 3 linear {} slow_only { batch_norm_epsilon: 0 }",
       {"model.slow_only.batch_norm_epsilon is 0"}},
      {"num_classes: 3 linear {} slow_only { stages { blocks: 1 channels: 8 } stages { channels: 8 } }",
       {"model.slow_only.stages[1].blocks", "not set"}},
      {"num_classes: 3 linear {} slow_only { stages { blocks: 1 } }",
       {"model.slow_only.stages[0].channels", "not set"}},
      {"num_classes: 3 linear {} slow_only { stages { blocks: 1 channels: 8 stride: 0 } }",
       {"model.slow_only.stages[0].stride is 0", "1 to 8"}},
      {"num_classes: 3 linear {} slow_only { stages { blocks: 1 channels: 8 temporal_kernel: 2 } }",
       {"model.slow_only.stages[0].temporal_kernel is 2", "odd"}},
      {"num_classes: 3 linear {} slow_only { stages { blocks: 1 channels: 8 temporal_blocks: 2 } }",
       {"model.slow_only.stages[0].temporal_blocks is 2", "0 to 1"}},
      {"num_classes: 3 linear {} slow_only { stages { blocks: 1 channels: 2 } }",
       {"model.slow_only.stages[0].inner_channels is 0"}},
      {"num_classes: 3 linear {} slow_only { block: BASIC stages { blocks: 1 channels: 8 inner_channels: 2 } "
       "}",
       {"model.slow_only.stages[0].inner_channels is set", "only with block BOTTLENECK"}},
  };
  for (const auto& [config, message] : cases) {
    const absl::Status status = BuildModel(Parse(config), torch::kMeta).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << config;
    for (const std::string& part : message) {
      EXPECT_THAT(std::string(status.message()), HasSubstr(part)) << config;
    }
  }
}

// This test links two heads.
TEST(BuildModelTest, AHeadThatIsNotLinkedIsAnError) {
  for (const char* text : {"num_classes: 3 slow_only {} aia {}", "num_classes: 3 act {}"}) {
    const absl::Status status = BuildDetector(Parse(text), torch::kMeta).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("this program does not link what makes it")) << text;
  }
}

TEST(BuildModelTest, AMissingDeviceIsAnError) {
  if (at::hasCUDA()) GTEST_SKIP();
  EXPECT_EQ(BuildModel(Parse(Micro()), torch::kCUDA).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace mrsn

// Configurations to detectors: sizes, errors, and what holds for a whole detector.
#include "mrsn/build_model.h"

#include <ATen/ATen.h>
#include <google/protobuf/text_format.h>

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/model_config.pb.h"
#include "mrsn/mrsn_head.h"
#include "mrsn/testing/compare.h"

namespace mrsn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

ModelConfig Parse(const std::string& text) {
  ModelConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
  return config;
}

std::shared_ptr<ActionDetector> Build(const std::string& text, torch::Device device = torch::kCPU) {
  const auto detector = BuildModel(Parse(text), device);
  EXPECT_TRUE(detector.ok()) << detector.status();
  return *detector;
}

at::Tensor TapOf(const DetectorOutput& output, const std::string& name) {
  for (const auto& [tap, tensor] : output.taps) {
    if (tap == name) return tensor;
  }
  ADD_FAILURE() << "no tap " << name;
  return {};
}

int64_t Count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

// A detector for 32 x 32 frames that runs in a millisecond.
constexpr char kMicroBackbone[] = R"(
    num_classes: 5
    slow_only {
      block: BASIC stem_channels: 4 stem_kernel: 3 stem_pool: false
      stages { blocks: 1 channels: 8 stride: 2 temporal_kernel: 3 }
    }
    roi { output_size: 3 })";
constexpr char kMicroHead[] = "width: 8 heads: 2 support_size: 8 patch_size: 2 acre {} aare {} rse {}";

std::string Micro(const std::string& head = "") {
  return std::string(kMicroBackbone) + "mrsn { " + kMicroHead + " " + head + " }";
}

// ---- sizes

// The paper's size from nothing but the class count, in shapes without memory.
TEST(BuildModelTest, DefaultsArePaperSizeOnTheMetaDevice) {
  const auto detector =
      Build("num_classes: 80 slow_only {} mrsn { acre {} aare {} rse {} long_term {} }", torch::kMeta);
  EXPECT_EQ(Count(detector->backbone()), 31634496);
  EXPECT_EQ(detector->relation_width(), 3072);
  EXPECT_EQ(detector->bank_radius(), 10);
  EXPECT_TRUE(detector->needs_bank());
  DetectorInput input;
  const auto meta = at::TensorOptions().device(at::kMeta);
  input.slow = at::empty({1, 3, 4, 256, 341}, meta.dtype(at::kFloat));
  input.boxes = at::empty({3, 4}, meta.dtype(at::kFloat));
  input.clip_index = at::empty({3}, meta.dtype(at::kLong));
  input.bank = {at::empty({50, 3072}, meta.dtype(at::kFloat)), at::empty({50}, meta.dtype(at::kLong)),
                at::empty({50}, meta.dtype(at::kLong))};
  input.want_taps = true;
  const DetectorOutput output = detector->Forward(input);
  EXPECT_EQ(output.logits.sizes(), (at::IntArrayRef{3, 80}));
  EXPECT_EQ(output.G.sizes(), (at::IntArrayRef{3, 3072}));
  std::vector<std::string> names;
  for (const auto& [name, tensor] : output.taps) {
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
      EXPECT_EQ(detector->reads_flow(), c.reads_flow);
      const auto options = at::TensorOptions().device(device).dtype(at::kFloat);
      DetectorInput input;
      input.slow = at::zeros({2, 3, 5, 40, 70}, options);
      if (c.reads_flow) input.flow = at::zeros({2, 2, 5, 40, 70}, options);
      input.boxes = at::tensor({0.1f, 0.2f, 0.5f, 0.9f}).reshape({1, 4}).to(device);
      input.clip_index = at::zeros({1}, options.dtype(at::kLong));
      input.want_taps = true;
      const DetectorOutput output = detector->Forward(input);
      EXPECT_EQ(TapOf(output, "F").sizes(), at::IntArrayRef(c.F));
      taps.push_back(output.taps);
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
  EXPECT_EQ(detector->relation_width(), 2048);
  EXPECT_FALSE(detector->needs_bank());
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
      {"num_classes: 0 slow_only {} linear {}", {"model.num_classes: 0", "1 to 100000"}},
      {"num_classes: 3 linear {}", {"model.backbone", "slow_only"}},
      {ok, {"model.head", "linear, mrsn"}},
      {ok + "linear { dropout: 1.5 }", {"model.linear.dropout: 1.5", "0 to 0.99"}},
      {ok + "linear { dropout: nan }", {"model.linear.dropout: nan"}},
      {ok + "linear {} roi { output_size: 0 }", {"model.roi.output_size: 0", "1 to 64"}},
      {ok + "linear {} roi { sampling_ratio: -1 }", {"model.roi.sampling_ratio: -1"}},
      {ok + "mrsn { acre {} width: 100 }", {"model.mrsn.heads: 8", "divisors of width, 100"}},
      {ok + "mrsn { acre {} heads: 0 }", {"model.mrsn.heads: 0"}},
      {ok + "mrsn { acre {} width: 1000000 }", {"model.mrsn.width: 1", "1 to 8192"}},
      {ok + "mrsn { acre {} patch_size: 3 }", {"model.mrsn.patch_size: 3", "divisors of support_size, 16"}},
      {ok + "mrsn { acre {} patch_size: 0 }", {"model.mrsn.patch_size: 0"}},
      {ok + "mrsn { acre {} support_size: -2 }", {"model.mrsn.support_size: -2"}},
      {ok + "mrsn { acre {} ffn_ratio: 0.3 }", {"model.mrsn.ffn_ratio: 0.3", "width, 1024"}},
      {ok + "mrsn { acre {} ffn_ratio: -1 }", {"model.mrsn.ffn_ratio: -1"}},
      {ok + "mrsn { acre {} blocks: 0 }", {"model.mrsn.blocks: 0"}},
      {ok + "mrsn { acre {} actor_token: 7 }", {"model.mrsn.actor_token: 7", "MAX, AVERAGE, FLATTEN"}},
      {ok + "mrsn { acre { layers: 0 } }", {"model.mrsn.acre.layers: 0", "1 to 100"}},
      {ok + "mrsn { aare { layers: -1 } }", {"model.mrsn.aare.layers: -1"}},
      {ok + "mrsn { acre {} aare {} rse { layers: 999 } }", {"model.mrsn.rse.layers: 999"}},
      {ok + "mrsn { acre {} rse {} }", {"model.mrsn.rse", "both acre and aare"}},
      {ok + "mrsn { long_term {} }", {"model.mrsn.long_term", "acre or aare"}},
      {ok + "mrsn { acre {} short_term { mlp_layers: 3 } }",
       {"model.mrsn.short_term.mlp_layers: 3", "1 to 2"}},
      {ok + "mrsn { acre {} short_term { dropout: -0.1 } }", {"model.mrsn.short_term.dropout: -0.1"}},
      {ok + "mrsn { acre {} long_term { window_seconds: 0 } }", {"model.mrsn.long_term.window_seconds: 0"}},
      {ok + "mrsn { acre {} long_term { inner_width: 20 } }",
       {"model.mrsn.long_term.inner_width: 20", "multiples of heads, 8"}},
      {"num_classes: 3 linear {} slow_only { block: BASIC }", {"model.slow_only.stages", "at least one"}},
      {"num_classes: 3 linear {} slow_only { block: 9 }", {"model.slow_only.block: 9", "BOTTLENECK, BASIC"}},
      {"num_classes: 3 linear {} slow_only { stem_kernel: 4 }", {"model.slow_only.stem_kernel: 4", "odd"}},
      {"num_classes: 3 linear {} slow_only { stem_channels: 0 }", {"model.slow_only.stem_channels: 0"}},
      {"num_classes: 3 linear {} slow_only { batch_norm_epsilon: 0 }",
       {"model.slow_only.batch_norm_epsilon: 0"}},
      {"num_classes: 3 linear {} slow_only { stages { blocks: 1 channels: 8 } stages { channels: 8 } }",
       {"model.slow_only.stages[1].blocks", "not set"}},
      {"num_classes: 3 linear {} slow_only { stages { blocks: 1 } }",
       {"model.slow_only.stages[0].channels", "not set"}},
      {"num_classes: 3 linear {} slow_only { stages { blocks: 1 channels: 8 stride: 0 } }",
       {"model.slow_only.stages[0].stride: 0", "1 to 8"}},
      {"num_classes: 3 linear {} slow_only { stages { blocks: 1 channels: 8 temporal_kernel: 2 } }",
       {"model.slow_only.stages[0].temporal_kernel: 2", "odd"}},
      {"num_classes: 3 linear {} slow_only { stages { blocks: 1 channels: 8 temporal_blocks: 2 } }",
       {"model.slow_only.stages[0].temporal_blocks: 2", "0 to 1"}},
      {"num_classes: 3 linear {} slow_only { stages { blocks: 1 channels: 2 } }",
       {"model.slow_only.stages[0].inner_channels: 0"}},
      {"num_classes: 3 linear {} slow_only { block: BASIC stages { blocks: 1 channels: 8 inner_channels: 2 } "
       "}",
       {"model.slow_only.stages[0].inner_channels: 2", "not set"}},
  };
  for (const auto& [config, message] : cases) {
    const absl::Status status = BuildModel(Parse(config), torch::kMeta).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << config;
    for (const std::string& part : message) {
      EXPECT_THAT(std::string(status.message()), HasSubstr(part)) << config;
    }
  }
}

TEST(BuildModelTest, AMissingDeviceIsAnError) {
  if (at::hasCUDA()) GTEST_SKIP();
  EXPECT_EQ(BuildModel(Parse(Micro()), torch::kCUDA).status().code(), absl::StatusCode::kResourceExhausted);
}

// ---- whole detectors

class DetectorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    torch::manual_seed(21);
    at::set_num_threads(1);  // tensors this small only wait for each other
  }

  // Double precision; nothing at its symmetric start.
  std::shared_ptr<ActionDetector> Scrambled(const std::string& config) {
    auto detector = Build(config);
    detector->to(at::kDouble);
    detector->eval();
    at::NoGradGuard no_grad;
    for (at::Tensor& parameter : detector->parameters()) parameter.add_(at::randn_like(parameter) * 0.2);
    return detector;
  }

  // Three clips with 2, 0 and 3 persons.
  DetectorInput Input(int64_t g) {
    DetectorInput input;
    input.slow = at::randn({3, 3, 2, 32, 32}, at::kDouble);
    const at::Tensor corners = at::rand({5, 2}, at::kDouble) * 0.6;
    input.boxes = at::cat({corners, corners + 0.1 + at::rand({5, 2}, at::kDouble) * 0.3}, 1);
    input.clip_index = at::tensor({0, 0, 2, 2, 2}, at::kLong);
    input.bank.features = at::randn({4, g}, at::kDouble);
    input.bank.clip_index = at::tensor({0, 2, 2, 0}, at::kLong);
    input.bank.offset = at::tensor({-1, 0, 10, 4}, at::kLong);
    return input;
  }

  static LongTermWindow Select(const LongTermWindow& bank, const std::vector<int64_t>& entries,
                               int64_t clip) {
    const at::Tensor index = at::tensor(entries, at::kLong);
    return {bank.features.index_select(0, index), at::full({index.numel()}, clip, at::kLong),
            bank.offset.index_select(0, index)};
  }
};

TEST_F(DetectorTest, AClipsResultsDoNotDependOnTheBatch) {
  const auto detector = Scrambled(Micro("long_term { inner_width: 4 }"));
  const DetectorInput batch = Input(detector->relation_width());
  const DetectorOutput together = detector->Forward(batch);
  const struct {
    int64_t clip, begin, end;
    std::vector<int64_t> entries;
  } clips[] = {{0, 0, 2, {0, 3}}, {2, 2, 5, {1, 2}}};
  for (const auto& [clip, begin, end, entries] : clips) {
    DetectorInput alone;
    alone.slow = batch.slow.slice(0, clip, clip + 1);
    alone.boxes = batch.boxes.slice(0, begin, end);
    alone.clip_index = at::zeros({end - begin}, at::kLong);
    alone.bank = Select(batch.bank, entries, 0);
    const DetectorOutput output = detector->Forward(alone);
    EXPECT_TRUE(Close(together.logits.slice(0, begin, end), output.logits, 1e-12)) << clip;
    EXPECT_TRUE(Close(together.G.slice(0, begin, end), output.G, 1e-12)) << clip;
  }
}

TEST_F(DetectorTest, PersonsMayComeInAnyOrder) {
  const auto detector = Scrambled(Micro("blocks: 2"));
  DetectorInput input = Input(detector->relation_width());
  const at::Tensor logits = detector->Forward(input).logits;
  const at::Tensor order = at::tensor({1, 0, 4, 2, 3}, at::kLong);
  input.boxes = input.boxes.index_select(0, order);
  EXPECT_TRUE(Close(detector->Forward(input).logits, logits.index_select(0, order), 1e-12));
}

TEST_F(DetectorTest, ObjectsConcernTheirClipOnly) {
  const auto detector =
      Scrambled(std::string(kMicroBackbone) + "aia { width: 6 mlp_width: 16 memory: false }");
  ASSERT_TRUE(detector->reads_objects());
  EXPECT_FALSE(detector->needs_bank());
  DetectorInput input = Input(1);
  const at::Tensor without = detector->Forward(input).logits;
  input.object_boxes = at::empty({0, 4}, at::kDouble);
  input.object_clip_index = at::empty({0}, at::kLong);
  EXPECT_TRUE(Close(detector->Forward(input).logits, without, 1e-12));
  input.object_boxes = at::tensor({0.1, 0.2, 0.4, 0.5, 0.3, 0.3, 0.9, 0.8}, at::kDouble).view({2, 4});
  input.object_clip_index = at::tensor({2, 1}, at::kLong);
  const at::Tensor with = detector->Forward(input).logits;
  EXPECT_TRUE(Close(with.slice(0, 0, 2), without.slice(0, 0, 2), 1e-12));
  EXPECT_FALSE(Close(with.slice(0, 2, 5), without.slice(0, 2, 5), 1e-6));
  input.object_clip_index = input.object_clip_index.slice(0, 0, 1);
  EXPECT_THROW(detector->Forward(input), c10::Error);
}

TEST_F(DetectorTest, OnePersonAlone) {
  const auto detector = Scrambled(Micro());
  DetectorInput input = Input(detector->relation_width());
  input.boxes = input.boxes.slice(0, 0, 1);
  input.clip_index = at::tensor({1}, at::kLong);
  const DetectorOutput output = detector->Forward(input);
  EXPECT_EQ(output.logits.sizes(), (at::IntArrayRef{1, 5}));
  EXPECT_TRUE(at::isfinite(output.logits).all().item<bool>());
  EXPECT_TRUE(output.taps.empty());
}

TEST_F(DetectorTest, NoPersonsGiveEmptyOutputAndAStepThatLearnsNothing) {
  for (const std::string& head :
       {std::string("linear {}"), "mrsn { " + std::string(kMicroHead) + " long_term {} }"}) {
    const auto detector = Build(kMicroBackbone + head);
    DetectorInput input;
    input.slow = at::randn({2, 3, 2, 32, 32});
    input.boxes = at::empty({0, 4});
    input.clip_index = at::empty({0}, at::kLong);
    const DetectorOutput output = detector->Forward(input);
    EXPECT_EQ(output.logits.sizes(), (at::IntArrayRef{0, 5}));
    EXPECT_EQ(output.G.sizes(), (at::IntArrayRef{0, detector->relation_width()}));
    output.logits.sum().backward();
    for (const at::Tensor& parameter : detector->parameters()) {
      if (parameter.grad().defined()) {
        EXPECT_EQ(parameter.grad().abs().max().item<float>(), 0);
      }
    }
  }
}

TEST_F(DetectorTest, EveryParameterLearns) {
  const auto detector = Scrambled(Micro("blocks: 2 long_term { inner_width: 4 dropout: 0 }"));
  detector->train();
  detector->Forward(Input(detector->relation_width())).logits.square().sum().backward();
  for (const auto& parameter : detector->named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_GT(parameter.value().grad().abs().max().item<double>(), 0) << parameter.key();
  }
}

// RoIAlign's grid is PySlowFast's: pixels times 1/stride, whatever the map's size.
TEST_F(DetectorTest, RoisAreTakenAtTheBackbonesStride) {
  const auto detector = Scrambled(kMicroBackbone + std::string("linear {}"));  // stride 4
  DetectorInput input = Input(8);
  input.slow = at::randn({3, 3, 2, 32, 41}, at::kDouble);  // a map of 8 x 11 cells; 41 / 4 = 10.25
  input.boxes = at::tensor({8.0 / 41, 4.0 / 32, 20.0 / 41, 16.0 / 32}, at::kDouble).view({1, 4});
  input.clip_index = at::tensor({1}, at::kLong);
  input.want_taps = true;
  const DetectorOutput output = detector->Forward(input);
  const at::Tensor F = TapOf(output, "F"), A = TapOf(output, "A");
  ASSERT_EQ(F.sizes(), (at::IntArrayRef{3, 8, 8, 11}));
  // The box is 3 x 3 cells from (2, 1), a bin is one cell, and its one sample lies
  // half a cell in, minus the half-cell shift: on the cells themselves.
  EXPECT_TRUE(Close(A[0], F[1].slice(1, 1, 4).slice(2, 2, 5), 1e-12));
}

TEST_F(DetectorTest, RefusesShapesThatContradictEachOther) {
  const auto detector = Build(Micro());
  DetectorInput input = Input(24);
  input.boxes = at::zeros({2, 5});
  EXPECT_THROW(detector->Forward(input), c10::Error);
  input = Input(24);
  input.clip_index = at::zeros({4}, at::kLong);
  EXPECT_THROW(detector->Forward(input), c10::Error);
  input = Input(24);
  input.slow = at::zeros({3, 1, 2, 32, 32});
  EXPECT_THROW(detector->Forward(input), c10::Error);
}

}  // namespace
}  // namespace mrsn

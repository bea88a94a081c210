#include "mrsn/onnx/export_onnx.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mrsn/detector_input.h"
#include "mrsn/onnx/module_weights.h"
#include "mrsn/onnx/testing/onnx_runtime.h"
#include "mrsn/testing/micro_detector.h"
#include "ops/base/file.h"

namespace mrsn::onnx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kFrames = 4;

// Every parameter, and every batch norm's statistics, differ from the values that a fresh model has: those
// would hide a missing step.
std::shared_ptr<ActionDetector> ScrambledModel(const std::string& config) {
  at::manual_seed(3);
  auto model = Build(config);
  const at::NoGradGuard no_grad;
  for (const auto& parameter : model->named_parameters()) {
    parameter.value().add_(at::randn_like(parameter.value()) * 0.1);
  }
  for (const auto& buffer : model->named_buffers()) {
    if (!buffer.value().is_floating_point()) continue;
    buffer.value().add_(at::rand_like(buffer.value()) * 0.5);
  }
  model->eval();
  return model;
}

absl::StatusOr<ModelProto> Export(const std::string& config, const torch::nn::Module& model,
                                  ClassLoss loss = ClassLoss::kBce) {
  ExportOptions options;
  options.name = "example";
  options.frames = kFrames;
  options.loss = loss;
  options.metadata = {{"experiment", "mine"}};
  return ExportOnnx(Parse(config), ModuleWeights(model).weights(), options);
}

// A tensor without rows where the group is left out of the model's input.
TensorMap InputsOf(DetectorInput input, const ModelNeeds& needs) {
  TensorMap inputs;
  for (const InputTensor& tensor : InputTensors()) {
    if (!tensor.read(needs)) continue;
    at::Tensor& value = tensor.of(input);
    if (!value.defined()) {
      std::vector<int64_t> shape;
      for (const Extent& extent : tensor.shape) shape.push_back(SizeOf(extent, {}, needs));
      value = at::zeros(shape, tensor.type());
    }
    inputs[tensor.name] = value;
  }
  return inputs;
}

struct Example {
  const char* name;
  std::string config;
  ClassLoss loss = ClassLoss::kBce;
};

void PrintTo(const Example& example, std::ostream* out) { *out << example.name; }

class ExportOnnxTest : public ::testing::TestWithParam<Example> {};

// 1, 3 and 0 boxes, one and several clips, sides that the stride divides and others.
std::vector<InputSize> Sizes(bool bank) {
  constexpr int64_t kSizes[][4] = {
      {1, 1, 48, 64}, {1, 3, 48, 64}, {1, 0, 48, 64}, {2, 3, 50, 61}, {3, 7, 32, 47}};
  std::vector<InputSize> sizes;
  for (const auto& [clips, persons, height, width] : kSizes) {
    InputSize size;
    size.clips = clips;
    size.frames = kFrames;
    size.height = height;
    size.width = width;
    size.persons = persons;
    // More clips than entries: some windows are empty.
    size.entries = bank ? persons / 3 : 0;
    sizes.push_back(size);
  }
  return sizes;
}

TEST_P(ExportOnnxTest, OnnxRuntimeGivesTheModelsLogits) {
  const auto model = ScrambledModel(GetParam().config);
  const auto proto = Export(GetParam().config, *model, GetParam().loss);
  ASSERT_TRUE(proto.ok()) << proto.status();
  const auto bytes = Serialize(*proto);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const std::string path =
      absl::StrCat(::testing::TempDir(), "export_onnx_test.", ::getpid(), ".", GetParam().name, ".onnx");
  ASSERT_TRUE(WriteFileAtomically(path, *bytes).ok());
  const at::NoGradGuard no_grad;
  std::vector<TensorMap> inputs;
  std::vector<at::Tensor> logits;
  for (const InputSize& size : Sizes(model->needs().bank.has_value())) {
    const DetectorInput input = MakeInput(size, model->needs());
    logits.push_back(model->Forward(input).logits);
    inputs.push_back(InputsOf(input, model->needs()));
  }
  const auto outputs = RunOnnx(path, inputs);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  for (size_t i = 0; i < inputs.size(); ++i) {
    SCOPED_TRACE(absl::StrCat("input ", i));
    const at::Tensor &got = outputs->at(i).at("logits"), scores = outputs->at(i).at("scores");
    ASSERT_EQ(got.sizes(), logits[i].sizes());
    ASSERT_EQ(scores.sizes(), logits[i].sizes());
    if (got.numel() == 0) continue;
    // Of larger logits float32 has fewer digits behind the point: networks with scrambled norms give
    // thousands.
    const float largest = logits[i].abs().max().item<float>();
    EXPECT_LT((got - logits[i]).abs().max().item<float>(), 1e-4 * std::max(1.f, largest));
    EXPECT_LT((scores - ScoresOf(logits[i], GetParam().loss)).abs().max().item<float>(), 1e-4);
    // Large enough for the comparison, and not the same for everybody.
    EXPECT_GT(largest, 0.05);
    if (got.size(0) == 1) continue;
    EXPECT_GT((logits[i][0] - logits[i][1]).abs().max().item<float>(), 1e-3);
  }
}

constexpr char kSlowOnly[] = R"(
    num_classes: 5
    slow_only {
      stem_channels: 8 stem_kernel: 5 stem_temporal_kernel: 3 stem_pool_padding: false res2_pool: 2
      stages { blocks: 2 channels: 16 inner_channels: 4 temporal_kernel: 3 temporal_blocks: 1 }
      stages { blocks: 1 channels: 24 inner_channels: 8 stride: 2 dilation: 2 }
      nonlocal { stage: 2 after_blocks: 0 }
    } roi { output_size: 3 } )";
constexpr char kBasic[] = R"(
    num_classes: 5
    slow_only {
      block: BASIC stem_channels: 4 stem_kernel: 3 stem_pool: false
      stages { blocks: 2 channels: 8 stride: 2 temporal_kernel: 3 }
      stages { blocks: 1 channels: 12 stride: 2 }
    } roi { output_size: 3 } )";
constexpr char kSlowFast[] = R"(
    num_classes: 5
    slow_fast {
      slow {
        stem_channels: 8 stem_kernel: 3
        stages { blocks: 1 channels: 16 inner_channels: 8 }
        stages { blocks: 2 channels: 16 inner_channels: 8 stride: 2 temporal_kernel: 3 }
      }
      alpha: 2 beta_inverse: 4 lateral { kernel: 5 }
    } roi { output_size: 3 } )";
// The other choice of each field.
constexpr char kOtherSlowFast[] = R"(
    num_classes: 5 temporal_pool: MAX
    slow_fast {
      slow {
        stem_channels: 8 stem_kernel: 3
        stages { blocks: 1 channels: 16 inner_channels: 8 }
        stages { blocks: 2 channels: 16 inner_channels: 8 stride: 2 }
        nonlocal { stage: 3 after_blocks: [0, 1] affinity: SOFTMAX pool: [1, 1, 1] }
      }
      alpha: 4 beta_inverse: 8 lateral { kernel: 7 ratio: 1 norm_and_relu: false bias: true }
    } roi { output_size: 3 sampling_ratio: 2 aligned: false scale: MAP_SIZE } )";
constexpr char kInception[] =
    "num_classes: 5 inception { last: MIXED_3C width_divisor: 8 } roi { output_size: 3 } ";
constexpr char kTwoStreams[] = R"(
    num_classes: 5
    two_stream {
      rgb { inception { last: MIXED_3B separable: true gating: true width_divisor: 8 } }
      flow { resnet {
        stem_channels: 4 stem_kernel: 3 stages { blocks: 1 channels: 16 inner_channels: 4 stride: 2 }
      } }
      fusion: CONCATENATE
    } roi { output_size: 3 } )";
constexpr char kAveragedStreams[] = R"(
    num_classes: 5
    two_stream {
      rgb { inception { last: MIXED_5B width_divisor: 8 last_stride: 1 } }
      flow { inception { last: MIXED_5B width_divisor: 8 last_stride: 1 } }
    } roi { output_size: 3 } )";

std::string Mrsn(const std::string& backbone, const std::string& fields) {
  return absl::StrCat(backbone, "mrsn { width: 8 heads: 2 support_size: 8 patch_size: 2 ", fields, " }");
}

const std::string& Linear() {
  static const auto* text = new std::string("linear {}");
  return *text;
}

INSTANTIATE_TEST_SUITE_P(
    All, ExportOnnxTest,
    ::testing::Values(Example{"SlowOnlyLinear", kSlowOnly + Linear()},
                      Example{"SlowOnlyMrsn", Mrsn(kSlowOnly, "acre {} aare {} rse {}")},
                      Example{"SlowFastLinear", kSlowFast + Linear(), ClassLoss::kSoftmax},
                      Example{"SlowFastMrsn", Mrsn(kSlowFast, "ffn_ratio: 2 acre {} aare {} rse {}")},
                      Example{"OtherSlowFastLinear", kOtherSlowFast + Linear()},
                      Example{"Acre", Mrsn(kBasic,
                                           "acre { layers: 2 } blocks: 2 actor_token: AVERAGE "
                                           "short_term { mlp_layers: 1 }")},
                      Example{"Aare", Mrsn(kBasic, "aare { layers: 2 } actor_token: FLATTEN")},
                      Example{"StackedBlocks", Mrsn(kBasic, "acre {} aare {} rse { layers: 2 } blocks: 2")},
                      Example{"LongTerm", Mrsn(kBasic,
                                               "acre {} aare {} rse {} long_term { window_seconds: 2 "
                                               "inner_width: 12 }")},
                      Example{"NoRelations", Mrsn(kBasic, "")},
                      Example{"InceptionContextAverage", absl::StrCat(kInception, "context_average {}")},
                      Example{"TwoStreamsLinear", kTwoStreams + Linear()},
                      Example{"AveragedStreamsLinear", kAveragedStreams + Linear()}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ExportOnnxFileTest, SaysWhatItTakesAndGives) {
  const std::string config = Mrsn(kSlowFast, "acre {} long_term { window_seconds: 2 }");
  const auto proto = Export(config, *ScrambledModel(config));
  ASSERT_TRUE(proto.ok()) << proto.status();
  std::vector<std::string> inputs, outputs;
  for (const ValueInfoProto& info : proto->graph().input()) inputs.push_back(Describe(info));
  for (const ValueInfoProto& info : proto->graph().output()) outputs.push_back(Describe(info));
  EXPECT_THAT(inputs, ElementsAre("slow float32 [clips,3,4,height,width]",
                                  "fast float32 [clips,3,8,height,width]", "boxes float32 [boxes,4]",
                                  "clip_index int64 [boxes]", "bank_features float32 [entries,16]",
                                  "bank_clip_index int64 [entries]", "bank_offset int64 [entries]"));
  EXPECT_THAT(outputs, ElementsAre("logits float32 [boxes,5]", "scores float32 [boxes,5]"));
  EXPECT_EQ(proto->graph().name(), "example");
  EXPECT_EQ(proto->ir_version(), 8);
  ASSERT_EQ(proto->opset_import_size(), 1);
  EXPECT_EQ(proto->opset_import(0).version(), 17);
  ASSERT_EQ(proto->metadata_props_size(), 1);
  EXPECT_EQ(proto->metadata_props(0).key(), "experiment");
  EXPECT_EQ(proto->metadata_props(0).value(), "mine");
}

TEST(ExportOnnxFileTest, NamesOfNodesAreTheModules) {
  const std::string config = kSlowOnly + Linear();
  const auto proto = Export(config, *ScrambledModel(config));
  ASSERT_TRUE(proto.ok()) << proto.status();
  std::map<std::string, int> names;
  for (const NodeProto& node : proto->graph().node()) ++names[node.name()];
  EXPECT_EQ(names.count("backbone.resnet.res2_0.conv_a/Conv_0"), 1);
  EXPECT_EQ(names.count("roi_align/RoiAlign_0"), 1);
  EXPECT_EQ(names.count("head.classifier/MatMul_0"), 1);
}

// One weight more, one less: graph and model do not belong together.
TEST(ExportOnnxFileTest, AllWeightsTakePart) {
  const std::string config = kBasic + Linear();
  const auto model = ScrambledModel(config);
  model->head().register_parameter("more", at::zeros({3}));
  EXPECT_THAT(std::string(Export(config, *model).status().message()),
              HasSubstr("the weight head.more takes no part in the graph"));
  const auto other = ScrambledModel(kBasic + Linear());
  EXPECT_THAT(std::string(Export(Mrsn(kBasic, "aare {}"), *other).status().message()),
              HasSubstr("expected a weight head."));
}

TEST(ExportOnnxFileTest, OtherHeadsAreRefused) {
  for (const std::string head : {"acrn", "lfb", "acar", "aia"}) {
    const std::string config = absl::StrCat(kBasic, head, " {}");
    const auto proto = ExportOnnx(Parse(config), Weights(std::map<std::string, Weight>()), {});
    EXPECT_EQ(proto.status().code(), absl::StatusCode::kUnimplemented) << proto.status();
    EXPECT_EQ(proto.status().message(),
              absl::StrCat("model.", head,
                           ": no ONNX file is written of this head; allowed: linear, mrsn, "
                           "context_average"));
  }
  EXPECT_EQ(ExportOnnx(Parse(kBasic + Linear() + " feature_scale: 0.5"),
                       Weights(std::map<std::string, Weight>()), {})
                .status()
                .message(),
            "model.feature_scale is 0.5: no ONNX file is written of scaled features; allowed: 1");
  for (const std::string part :
       {"variations { position_in_aare: false }", "variations { position_in_acre: true }",
        "variations { residual: POST_NORM }", "long_term { distance_embedding: false }",
        "long_term { own_second: false }", "long_term { bank_width: 5 }"}) {
    const ModelConfig config = Parse(Mrsn(kBasic, absl::StrCat("acre {} aare {} ", part)));
    EXPECT_THAT(std::string(CheckHead(config).message()), HasSubstr("heads that depart from the paper"))
        << part;
  }
  for (const std::string detector : {"act", "step"}) {
    const ModelConfig config = Parse(absl::StrCat("num_classes: 24 ", detector, " {}"));
    EXPECT_THAT(
        std::string(ExportOnnx(config, Weights(std::map<std::string, Weight>()), {}).status().message()),
        HasSubstr(absl::StrCat("model.", detector, ": no ONNX file")));
  }
}

}  // namespace
}  // namespace mrsn::onnx

#include "experiments/onnx/export_model.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "experiments/engine/training_snapshot.h"
#include "mrsn/action_detector.h"
#include "mrsn/build_model.h"
#include "mrsn/checkpoint/safetensors.h"
#include "mrsn/detector_input.h"
#include "mrsn/onnx/onnx_model.pb.h"
#include "mrsn/onnx/testing/onnx_runtime.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string Temp(const std::string& name) {
  return absl::StrCat(::testing::TempDir(), "export_model_test.", ::getpid(), ".", name);
}

ResolvedExperiment Load(const std::string& experiment, const std::string& change = "") {
  auto resolved = LoadExperiment(DataFilesRoot() + "/experiments/configs", experiment, change);
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  return *std::move(resolved);
}

std::map<std::string, std::string> MetadataOf(const std::string& path) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(*ReadFile(path)));
  std::map<std::string, std::string> metadata;
  for (const auto& entry : model.metadata_props()) metadata[entry.key()] = entry.value();
  return metadata;
}

// The weights of a checkpoint reach the file: logits are those of the model that loads it.
TEST(ExportModelTest, TheFileGivesTheLogitsOfTheCheckpoint) {
  const ResolvedExperiment resolved = Load("micro/acre_aare_rse");
  at::manual_seed(9);
  const auto model = *BuildModel(resolved.experiment.model(), at::kCPU);
  model->eval();
  Checkpoint about;
  const std::string weights = Temp("weights.safetensors"), file = Temp("model.onnx");
  ASSERT_TRUE(WriteSafetensors(weights, Weights(*model, about)).ok());
  at::manual_seed(10);
  const auto exported = ExportModel(resolved, {weights, "", file});
  ASSERT_TRUE(exported.ok()) << exported.status();
  EXPECT_THAT(exported->inputs, ElementsAre("slow float32 [clips,3,4,height,width]",
                                            "boxes float32 [boxes,4]", "clip_index int64 [boxes]"));
  EXPECT_THAT(exported->outputs, ElementsAre("logits float32 [boxes,15]", "scores float32 [boxes,15]"));
  EXPECT_EQ(exported->bytes, static_cast<int64_t>(ReadFile(file)->size()));
  EXPECT_FALSE(exported->bfloat16);

  const at::NoGradGuard no_grad;
  std::vector<onnx::TensorMap> inputs;
  std::vector<at::Tensor> logits;
  for (const int64_t persons : {1, 3, 0}) {
    InputSize size;
    size.clips = 2;
    size.frames = 4;
    size.height = size.width = 64;
    size.persons = persons;
    const DetectorInput input = MakeInput(size, model->needs());
    inputs.push_back({{"slow", input.slow}, {"boxes", input.boxes}, {"clip_index", input.clip_index}});
    logits.push_back(model->Forward(input).logits);
  }
  const auto outputs = onnx::RunOnnx(file, inputs);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const at::Tensor& got = outputs->at(i).at("logits");
    ASSERT_EQ(got.sizes(), logits[i].sizes());
    if (got.numel() == 0) continue;
    EXPECT_LT((got - logits[i]).abs().max().item<float>(), 1e-4);
  }
}

TEST(ExportModelTest, MetadataSayWhatUsersNeed) {
  const ResolvedExperiment resolved =
      Load("ava22/slowfast_r50", "model { slow_fast { slow { stem_channels: 8 } } } train { loss: SOFTMAX }");
  const std::string file = Temp("metadata.onnx");
  const auto exported = ExportModel(resolved, {"random:0", "", file});
  ASSERT_TRUE(exported.ok()) << exported.status();
  const auto metadata = MetadataOf(file);
  EXPECT_EQ(metadata.at("experiment"), "ava22/slowfast_r50");
  EXPECT_EQ(metadata.at("config_fingerprint"), resolved.fingerprint);
  EXPECT_EQ(metadata.at("checkpoint"), "random:0");
  EXPECT_EQ(metadata.at("scores"), "softmax");
  EXPECT_EQ(metadata.at("weights_hash").size(), 64);
  const Json classes = Json::parse(metadata.at("classes"));
  ASSERT_EQ(classes.size(), 80);
  EXPECT_EQ(classes[0]["id"], 1);
  EXPECT_EQ(classes[0]["name"], "bend/bow (at the waist)");
  EXPECT_EQ(classes[0]["evaluated"], true);
  const Json clip = Json::parse(metadata.at("clip"));
  EXPECT_EQ(clip["frames"], 8);
  EXPECT_EQ(clip["stride"], 8);
  EXPECT_EQ(clip["fast_frames"], 32);
  EXPECT_EQ(clip["slow_frames"], "linspace");
  EXPECT_EQ(clip["frames_per_second"], 30);
  EXPECT_EQ(clip["short_side"], 256);
  const Json pixels = Json::parse(metadata.at("pixels"));
  EXPECT_EQ(pixels["divisor"], 255);
  EXPECT_EQ(pixels["mean"][2], 0.45);
  EXPECT_EQ(pixels["std"][0], 0.225);
  EXPECT_EQ(pixels["channels"], "RGB");
}

TEST(ExportModelTest, SaysThatTheFileIsNotBfloat16) {
  const auto exported =
      ExportModel(Load("micro/acre", "model { precision: BFLOAT16 }"), {"random:0", "", Temp("bf16.onnx")});
  ASSERT_TRUE(exported.ok()) << exported.status();
  EXPECT_TRUE(exported->bfloat16);
}

TEST(ExportModelTest, RefusesOtherHeadsWithTheirPlace) {
  const auto exported = ExportModel(Load("micro/acar"), {"random:0", "", Temp("acar.onnx")});
  EXPECT_EQ(exported.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(exported.status().message()), HasSubstr("acar.textproto:"));
  EXPECT_THAT(std::string(exported.status().message()), HasSubstr("model.acar: no ONNX file"));
  EXPECT_FALSE(FileExists(Temp("acar.onnx")));
}

}  // namespace
}  // namespace mrsn::experiments

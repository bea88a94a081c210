#include "experiments/parity/forward.h"

#include <ATen/ATen.h>
#include <unistd.h>

#include <functional>
#include <limits>

#include "absl/strings/str_cat.h"
#include "experiments/config/config.h"
#include "experiments/engine/training_snapshot.h"
#include "experiments/provenance.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/action_detector.h"
#include "mrsn/build_model.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::StartsWith;

constexpr char kShortTerm[] = "micro/acre_aare_rse";
constexpr char kLongTerm[] = "micro/acre_aare_rse_lrb";

std::string Configs() { return DataFilesRoot() + "/experiments/configs"; }

std::string Temp(const std::string& name) {
  return absl::StrCat(::testing::TempDir(), "forward_test.", ::getpid(), ".", name);
}

std::shared_ptr<ActionDetector> Model(const std::string& experiment, uint64_t seed) {
  at::manual_seed(seed);
  auto model = *BuildModel(LoadExperiment(Configs(), experiment)->experiment.model(), at::kCPU);
  model->eval();
  return model;
}

// Two clips, three boxes.
Safetensors Input() {
  at::manual_seed(1);
  Safetensors input;
  input.tensors["slow"] = at::randn({2, 3, 4, 64, 64});
  input.tensors["boxes"] =
      at::tensor({0.1f, 0.2f, 0.5f, 0.9f, 0.f, 0.f, 1.f, 1.f, 0.5f, 0.5f, 0.5f, 0.75f}).view({3, 4});
  input.tensors["clip_index"] = at::tensor({0, 1, 1}, at::kLong);
  return input;
}

Safetensors InputWithBank() {
  Safetensors input = Input();
  input.tensors["bank_features"] = at::randn({4, 192});
  input.tensors["bank_clip_index"] = at::tensor({1, 0, 1, 0}, at::kLong);
  input.tensors["bank_offset"] = at::tensor({-10, 0, 3, 10}, at::kLong);
  return input;
}

DetectorInput Batch(const Safetensors& input) {
  DetectorInput batch;
  batch.slow = input.tensors.at("slow");
  batch.boxes = input.tensors.at("boxes");
  batch.clip_index = input.tensors.at("clip_index");
  if (input.tensors.count("bank_features") > 0) {
    batch.bank = {input.tensors.at("bank_features"), input.tensors.at("bank_clip_index"),
                  input.tensors.at("bank_offset")};
  }
  return batch;
}

ForwardOptions Options(const std::string& name, const std::string& experiment, const Safetensors& input) {
  ForwardOptions options;
  options.configs_root = Configs();
  options.experiment = experiment;
  options.checkpoint = "random:5";
  options.input = Temp(name + ".in");
  options.output = Temp(name + ".out");
  EXPECT_TRUE(WriteSafetensors(options.input, input).ok());
  return options;
}

std::string ErrorOf(const std::string& experiment, const Safetensors& input) {
  const auto output = Forward(*Model(experiment, 5), input, "in");
  return output.ok() ? "no error" : std::string(output.status().message());
}

TEST(ForwardTest, GivesWhatTheModelGives) {
  const at::NoGradGuard no_grad;  // sums in the same order as Forward's
  for (const auto& [experiment, input] :
       {std::make_pair(kShortTerm, Input()), std::make_pair(kLongTerm, InputWithBank())}) {
    const auto model = Model(experiment, 5);
    const auto output = Forward(*model, input, "in");
    ASSERT_TRUE(output.ok()) << output.status();
    Taps taps;
    const DetectorOutput expected = model->Forward(Batch(input), &taps);
    EXPECT_TRUE(at::equal(output->tensors.at("logits"), expected.logits));
    EXPECT_TRUE(at::equal(output->tensors.at("G"), expected.G));
    EXPECT_EQ(output->tensors.size(), taps.size() + 1);  // logits
    for (const auto& [name, tensor] : taps) {
      const std::string written = name == "F" ? "features" : name == "A" ? "roi_features" : name;
      EXPECT_TRUE(at::equal(output->tensors.at(written), tensor)) << name;
      EXPECT_FALSE(output->tensors.at(written).requires_grad());
    }
  }
}

TEST(ForwardTest, ALongTermHeadWithoutABankHasEmptyWindows) {
  Safetensors input = InputWithBank();
  for (const char* name : {"bank_features", "bank_clip_index", "bank_offset"}) input.tensors.erase(name);
  const auto output = Forward(*Model(kLongTerm, 5), input, "in");
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_TRUE(at::equal(output->tensors.at("G_long"), output->tensors.at("G")));
}

TEST(ForwardTest, WithoutBoxesTheBackboneStillRuns) {
  Safetensors input = Input();
  const auto model = Model(kShortTerm, 5);
  const auto with_boxes = Forward(*model, input, "in");
  input.tensors["boxes"] = at::empty({0, 4});
  input.tensors["clip_index"] = at::empty({0}, at::kLong);
  const auto output = Forward(*model, input, "in");
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_TRUE(at::equal(output->tensors.at("features"), with_boxes->tensors.at("features")));
  EXPECT_THAT(output->tensors.at("roi_features").sizes(), ElementsAre(0, 48, 7, 7));
  EXPECT_THAT(output->tensors.at("X").sizes(), ElementsAre(0, 65, 64));
  EXPECT_THAT(output->tensors.at("G").sizes(), ElementsAre(0, 192));
  EXPECT_THAT(output->tensors.at("logits").sizes(), ElementsAre(0, 15));
}

struct BadInput {
  const char* tensor;
  at::Tensor value;  // undefined: the tensor is missing
  const char* message;
};

void ExpectErrors(const std::string& experiment, const Safetensors& good,
                  const std::vector<BadInput>& cases) {
  for (const BadInput& bad : cases) {
    Safetensors input = good;
    if (bad.value.defined()) {
      input.tensors[bad.tensor] = bad.value;
    } else {
      input.tensors.erase(bad.tensor);
    }
    EXPECT_EQ(ErrorOf(experiment, input), bad.message);
  }
}

at::Tensor With(at::Tensor values, at::IntArrayRef index, float value) {
  values = values.clone();
  at::Tensor at = values;
  for (const int64_t i : index) at = at.select(0, i);
  at.fill_(value);
  return values;
}

TEST(ForwardTest, EveryBadInputIsNamed) {
  const Safetensors good = Input();
  const at::Tensor slow = good.tensors.at("slow"), boxes = good.tensors.at("boxes");
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  ExpectErrors(
      kShortTerm, good,
      {{"slow", {}, "in: holds no tensor 'slow', float32 [B,3,T,H,W]"},
       {"boxes", {}, "in: holds no tensor 'boxes', float32 [N,4]"},
       {"clip_index", {}, "in: holds no tensor 'clip_index', int64 [3]"},
       {"fast", slow, "in: unexpected tensor 'fast'; this model reads boxes, clip_index, slow"},
       {"bank_offset", at::zeros({1}, at::kLong),
        "in: unexpected tensor 'bank_offset'; this model reads boxes, clip_index, slow"},
       {"slow", slow.to(at::kDouble),
        "in: tensor 'slow' is float64 [2,3,4,64,64], expected float32 [B,3,T,H,W]"},
       {"slow", slow[0], "in: tensor 'slow' is float32 [3,4,64,64], expected float32 [B,3,T,H,W]"},
       {"slow", slow.slice(1, 0, 2),
        "in: tensor 'slow' is float32 [2,2,4,64,64], expected float32 [B,3,T,H,W]"},
       {"slow", slow.slice(2, 0, 0),
        "in: tensor 'slow' is float32 [2,3,0,64,64], expected float32 [B,3,T,H,W]"},
       {"slow", With(slow, {1, 2, 3, 4, 5}, kNan),
        "in: tensor 'slow' holds nan at [1,2,3,4,5], expected finite values"},
       {"boxes", boxes.slice(1, 0, 3), "in: tensor 'boxes' is float32 [3,3], expected float32 [N,4]"},
       {"boxes", With(boxes, {0, 0}, std::numeric_limits<float>::infinity()),
        "in: tensor 'boxes' holds inf at [0,0], expected finite values"},
       {"boxes", With(boxes, {1, 2}, 1.5f),
        "in: tensor 'boxes' is [0,0,1.5,1] in row 1, expected x1,y1,x2,y2 with 0 <= x1 <= x2 <= 1 and 0 <= "
        "y1 "
        "<= y2 <= 1"},
       {"boxes", With(boxes, {2, 3}, 0.25f),
        "in: tensor 'boxes' is [0.5,0.5,0.5,0.25] in row 2, expected x1,y1,x2,y2 with 0 <= x1 <= x2 <= 1 and "
        "0 "
        "<= y1 <= y2 <= 1"},
       {"clip_index", at::tensor({0, 1}, at::kLong),
        "in: tensor 'clip_index' is int64 [2], expected int64 [3]"},
       {"clip_index", at::tensor({0, 1, 1}, at::kInt),
        "in: tensor 'clip_index' is int32 [3], expected int64 [3]"},
       {"clip_index", at::tensor({0, 1, 2}, at::kLong),
        "in: tensor 'clip_index' is 2 at [2], expected 0 to 1"},
       {"clip_index", at::tensor({0, 1, 0}, at::kLong),
        "in: tensor 'clip_index' is 0 at [2], after 1, expected ascending numbers"}});
}

TEST(ForwardTest, EveryBadBankIsNamed) {
  const Safetensors good = InputWithBank();
  ExpectErrors(
      kLongTerm, good,
      {{"bank_offset", {}, "in: holds no tensor 'bank_offset', int64 [4]"},
       {"bank_features", {}, "in: holds no tensor 'bank_features', float32 [M,192]"},
       {"bank_features", at::zeros({4, 64}),
        "in: tensor 'bank_features' is float32 [4,64], expected float32 [M,192]"},
       {"bank_clip_index", at::zeros({3}, at::kLong),
        "in: tensor 'bank_clip_index' is int64 [3], expected int64 [4]"},
       {"bank_clip_index", at::tensor({0, 0, -1, 0}, at::kLong),
        "in: tensor 'bank_clip_index' is -1 at [2], expected 0 to 1"},
       {"bank_offset", at::tensor({0, 11, 0, 0}, at::kLong),
        "in: tensor 'bank_offset' is 11 at [1], expected -10 to 10"},
       {"bank", at::zeros({1}),
        "in: unexpected tensor 'bank'; this model reads bank_clip_index, bank_features, bank_offset, boxes, "
        "clip_index, slow"}});
}

TEST(ForwardTest, TwoStreamsReadFlow) {
  Safetensors input = Input();
  input.tensors["flow"] = at::randn({2, 2, 4, 64, 64});
  const auto model = Model("smoke/learn/i3d_flow", 5);
  const auto output = Forward(*model, input, "in");
  ASSERT_TRUE(output.ok()) << output.status();
  input.tensors["flow"] = at::zeros({2, 2, 4, 64, 64});
  const auto still = Forward(*model, input, "in");
  EXPECT_FALSE(at::equal(still->tensors.at("logits"), output->tensors.at("logits")));
  ExpectErrors("smoke/learn/i3d_flow", input,
               {{"flow", {}, "in: holds no tensor 'flow', float32 [2,2,4,64,64]"},
                {"flow", at::zeros({2, 3, 4, 64, 64}),
                 "in: tensor 'flow' is float32 [2,3,4,64,64], expected float32 [2,2,4,64,64]"}});
}

TEST(RunForwardTest, FromFileToFile) {
  const at::NoGradGuard no_grad;
  const Safetensors input = Input();
  const ForwardOptions options = Options("files", kShortTerm, input);
  ASSERT_TRUE(RunForward(options).ok()) << RunForward(options);
  const auto output = ReadSafetensors(options.output);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_THAT(output->tensors, ElementsAre(Key("G"), Key("features"), Key("logits"), Key("roi_features")));
  const auto model = Model(kShortTerm, 5);
  EXPECT_TRUE(at::equal(output->tensors.at("logits"), model->Forward(Batch(input)).logits));
  const auto& metadata = output->metadata;
  EXPECT_EQ(metadata.at("experiment"), kShortTerm);
  EXPECT_EQ(metadata.at("config_fingerprint"), LoadExperiment(Configs(), kShortTerm)->fingerprint);
  EXPECT_EQ(metadata.at("checkpoint"), "random:5");
  EXPECT_EQ(metadata.at("weights_hash"), WeightsHash(*model));
  EXPECT_EQ(metadata.at("input_sha256"), Fingerprint(*ReadFile(options.input)));
  EXPECT_EQ(metadata.at("device"), DeviceName());
  EXPECT_EQ(metadata.at("threads"), "1");
  EXPECT_EQ(metadata.count("commit"), 1);
}

TEST(RunForwardTest, WithWeightsOfAFile) {
  const auto trained = Model(kShortTerm, 9);
  ForwardOptions options = Options("weights", kShortTerm, Input());
  options.checkpoint = Temp("weights.safetensors");
  ASSERT_TRUE(WriteSafetensors(options.checkpoint, Weights(*trained, {})).ok());
  ASSERT_TRUE(RunForward(options).ok()) << RunForward(options);
  const auto output = ReadSafetensors(options.output);
  EXPECT_EQ(output->metadata.at("weights_hash"), WeightsHash(*trained));
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(at::equal(output->tensors.at("logits"), trained->Forward(Batch(Input())).logits));
}

TEST(RunForwardTest, TapsByName) {
  ForwardOptions options = Options("taps", kShortTerm, Input());
  options.taps = {"Y", "F", "R_context"};
  ASSERT_TRUE(RunForward(options).ok()) << RunForward(options);
  EXPECT_THAT(
      ReadSafetensors(options.output)->tensors,
      ElementsAre(Key("G"), Key("R_context"), Key("Y"), Key("features"), Key("logits"), Key("roi_features")));
  options.taps = {"all"};
  ASSERT_TRUE(RunForward(options).ok());
  EXPECT_THAT(ReadSafetensors(options.output)->tensors,
              ElementsAre(Key("G"), Key("R_actor"), Key("R_context"), Key("X"), Key("Y"), Key("features"),
                          Key("logits"), Key("roi_features"), Key("slow.res2"), Key("slow.stem")));
  options.taps = {"X", "Z"};
  EXPECT_EQ(RunForward(options).message(),
            "micro/acre_aare_rse: no tap 'Z'; allowed: all, slow.stem, slow.res2, F, A, R_context, R_actor, "
            "X, Y, G, logits");
}

TEST(RunForwardTest, WhatCannotBeRunIsSaid) {
  const auto error = [](const std::function<void(ForwardOptions*)>& change) {
    ForwardOptions options = Options("errors", kShortTerm, Input());
    change(&options);
    const absl::Status status = RunForward(options);
    EXPECT_FALSE(FileExists(options.output));
    return std::string(status.message());
  };
  EXPECT_THAT(error([](ForwardOptions* o) { o->experiment = "micro/acr"; }), HasSubstr("micro/acre"));
  EXPECT_EQ(error([](ForwardOptions* o) { o->device = "gpu"; }),
            "device 'gpu'; allowed: cpu, cuda, cuda:<number>");
  if (!at::hasCUDA()) {
    EXPECT_THAT(error([](ForwardOptions* o) { o->device = "cuda"; }), StartsWith("device cuda: there is no"));
  }
  EXPECT_EQ(error([](ForwardOptions* o) { o->checkpoint = "random:x"; }),
            "checkpoint random:x: expected random:<seed>, such as random:0");
  EXPECT_THAT(error([](ForwardOptions* o) { o->checkpoint = o->input; }),
              HasSubstr("errors.in: its 3 tensors ('boxes', ..) are named like those of none of"));
  EXPECT_THAT(error([](ForwardOptions* o) { o->input = Temp("absent"); }), HasSubstr("forward_test"));
  Safetensors small = Input();
  small.tensors["slow"] = at::randn({2, 3, 4, 0, 64});
  EXPECT_THAT(ErrorOf(kShortTerm, small), HasSubstr("float32 [2,3,4,0,64]"));
}

TEST(ListTapsTest, NamesAndShapesInOrderOfComputation) {
  const auto taps = ListTaps(Configs(), kLongTerm);
  ASSERT_TRUE(taps.ok()) << taps.status();
  std::vector<std::string> lines;
  for (const TapShape& tap : *taps) lines.push_back(absl::StrCat(tap.name, " ", tap.shape.size()));
  EXPECT_THAT(lines, ElementsAre("slow.stem 5", "slow.res2 5", "F 4", "A 4", "R_context 3", "R_actor 2",
                                 "X 3", "Y 2", "G 2", "G_long 2", "logits 2"));
  EXPECT_THAT((*taps)[2].shape, ElementsAre(1, 48, 16, 16));
  EXPECT_THAT((*taps)[6].shape, ElementsAre(2, 65, 64));
  EXPECT_FALSE(ListTaps(Configs(), "absent").ok());
}

}  // namespace
}  // namespace mrsn::experiments

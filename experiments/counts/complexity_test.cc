// Every experiment in the tree is built at its real size, run once on the meta device
// and counted; two of them against counts worked out by hand.
#include "experiments/counts/complexity.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <map>
#include <string>

#include "absl/strings/str_replace.h"
#include "datasets/open_dataset.h"
#include "experiments/config/config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/build_model.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

std::string Configs() { return DataFilesRoot() + "/experiments/configs"; }

Result Count(const std::string& name, const ComplexitySetting& setting) {
  const auto resolved = LoadExperiment(Configs(), name);
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  Result result;
  const absl::Status status = AddComplexity(resolved->experiment, setting, &result);
  EXPECT_TRUE(status.ok()) << status;
  return result;
}

// Eight frames, but as many as ACT and STEP are made for.
ComplexitySetting SmallClip(const Experiment& experiment) {
  ComplexitySetting setting;
  if (experiment.model().has_act() || experiment.model().has_step()) {
    setting.frames = SettingOf(experiment).frames;
  }
  setting.height = setting.width = 64;
  return setting;
}

class EveryExperimentTest : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryExperimentTest, IsBuiltAndRunAtItsRealSize) {
  const Experiment experiment = LoadExperiment(Configs(), GetParam())->experiment;
  const Result result = Count(GetParam(), SmallClip(experiment));
  EXPECT_GT(result.parameters().backbone(), 0);
  EXPECT_GT(result.parameters().head(), 0);
  EXPECT_EQ(result.parameters().total(), result.parameters().backbone() + result.parameters().head());
  EXPECT_GT(result.multiply_adds().backbone(), 0);
  EXPECT_GT(result.multiply_adds().head(), 0);
  for (const DatasetConfig& data : {experiment.train_data(), experiment.eval_data()}) {
    if (data.dataset_case() == DatasetConfig::DATASET_NOT_SET) continue;  // models of reference/
    EXPECT_TRUE(datasets::ValidateDatasetConfig(data).ok()) << datasets::ValidateDatasetConfig(data);
  }
}

bool IsNorm(const torch::nn::Module& module) {
  return module.as<torch::nn::BatchNorm2d>() || module.as<torch::nn::BatchNorm3d>() ||
         module.as<torch::nn::LayerNorm>() || module.as<torch::nn::GroupNorm>();
}

// Every convolution and linear layer has multiply-adds of its own, no norm has any, and a module's
// are its own and those of the modules directly inside it.
void ExpectModulesSumUp(const ComplexityReport& report, const ModelConfig& config) {
  std::map<std::string, const ModuleComplexity*> modules;
  std::map<std::string, int64_t> inside;  // of the modules directly inside
  for (const ModuleComplexity& module : report.modules) {
    modules[module.module] = &module;
    const size_t dot = module.module.rfind('.');
    inside[dot == std::string::npos ? "" : module.module.substr(0, dot)] += module.macs;
  }
  EXPECT_EQ(inside[""], report.macs.total);
  EXPECT_EQ(modules.at("backbone")->own_macs, 0);
  for (const ModuleComplexity& module : report.modules) {
    EXPECT_EQ(module.macs, module.own_macs + inside[module.module]) << module.module;
    EXPECT_GE(module.own_macs, 0) << module.module;
  }
  const auto model = BuildDetector(config, at::kMeta);
  ASSERT_TRUE(model.ok()) << model.status();
  for (const auto& item : (*model)->named_modules("", /*include_self=*/false)) {
    const torch::nn::Module& module = *item.value();
    if (module.parameters().empty()) continue;
    ASSERT_EQ(modules.count(item.key()), 1) << item.key();
    const int64_t own = modules.at(item.key())->own_macs;
    if (IsNorm(module)) {
      EXPECT_EQ(own, 0) << item.key();
    } else if (module.as<torch::nn::Linear>() || module.as<torch::nn::Conv2d>() ||
               module.as<torch::nn::Conv3d>()) {
      EXPECT_GT(own, 0) << item.key();
    }
  }
}

// Three ways to the same numbers: by module, apart, and by the equations.
TEST_P(EveryExperimentTest, ItsCountsAgree) {
  const Experiment experiment = LoadExperiment(Configs(), GetParam())->experiment;
  ComplexitySetting setting = SmallClip(experiment);
  setting.bank_entries = 40;
  setting.objects = 4;
  const auto report = CountComplexity(GetParam(), experiment, setting);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->parameters.total, report->parameters.backbone + report->parameters.head);
  EXPECT_EQ(report->macs.total, report->macs.backbone + report->macs.head);
  const auto module = [&](const std::string& name) {
    for (const ModuleComplexity& module : report->modules) {
      if (module.module == name) return module;
    }
    return ModuleComplexity();
  };
  EXPECT_EQ(module("backbone").parameters, report->parameters.backbone);
  EXPECT_EQ(module("backbone").macs, report->macs.backbone);
  EXPECT_EQ(module("head").parameters, report->parameters.head);
  EXPECT_EQ(module("head").macs, report->macs.head);
  EXPECT_EQ(report->curve.empty(), !report->takes_boxes);
  for (const CurvePoint& point : report->curve) {
    if (point.boxes == setting.boxes && point.bank_entries == report->setting.bank_entries) {
      EXPECT_EQ(point.head_macs, report->macs.head);
    }
  }
  EXPECT_GT(report->activations.made, report->activations.peak);
  EXPECT_GT(report->activations.training, report->activations.peak);
  ExpectModulesSumUp(*report, experiment.model());
  const bool relations = experiment.model().mrsn().has_acre() || experiment.model().mrsn().has_aare();
  ASSERT_EQ(report->plain.has_value(), relations);
  if (relations) {
    EXPECT_EQ(report->plain->head_parameters, report->parameters.head);
  }
}

INSTANTIATE_TEST_SUITE_P(Configs, EveryExperimentTest, ::testing::ValuesIn(*ListExperiments(Configs())),
                         [](const auto& info) {
                           return absl::StrReplaceAll(info.param, {{"/", "_"}, {"-", "_"}});
                         });

// SlowOnly R-50 as PySlowFast builds it for AVA, whose published parameter count is 31.80 M
// with 80 classes: the backbone's 31,634,496 and 2048 * 80 + 80.
TEST(ComplexityTest, FullSizeRowsHaveThePublishedSize) {
  const Result none = Count("ava22/ablation/none", {});
  EXPECT_EQ(none.parameters().backbone(), 31634496);
  EXPECT_EQ(none.parameters().head(), 163920);
}

// PySlowFast's SlowOnly R-50 with its linear head and 80 classes, counted by fvcore.
TEST(ComplexityTest, FullSizeRowsHaveThePublishedMultiplyAdds) {
  const auto total = [](ComplexitySetting setting) {
    return Count("ava22/ablation/none", setting).multiply_adds().total();
  };
  EXPECT_EQ(total({4, 256, 256, 3, 0}), 41553461248);
  EXPECT_EQ(total({8, 256, 256, 3, 0}), 83106430976);
  EXPECT_EQ(total({8, 256, 341, 3, 0}), 113568677888);
}

// Backbone of base/micro on 4 x 64 x 64: stem 4*32*32*16*(3*25); block 4*16*16*48*(16*27)
// and 4*16*16*48*(48*9); shortcut 4*16*16*48*16. Linear head: 3 persons x 48 x 15.
TEST(ComplexityTest, MicroCountsByHand) {
  ComplexitySetting setting;
  setting.frames = 4;
  setting.height = setting.width = 64;
  const Result none = Count("micro/none", setting);
  EXPECT_EQ(none.multiply_adds().backbone(),
            4 * 32 * 32 * 16 * 75 + 4 * 16 * 16 * 48 * (16 * 27 + 48 * 9 + 16));
  EXPECT_EQ(none.multiply_adds().head(), 3 * 48 * 15);
}

// PySlowFast's SlowFast R-50 on 8 slow frames of 64 x 64: maps of 16 x 16 after the stem. The lateral
// there is 7 x 1 x 1 from 8 to 16 channels, every fourth of 32 frames; the Slow pathway's first block
// has 64 + 16 channels in, 64 inside, 256 out, and a shortcut.
TEST(ComplexityTest, ModulesByHand) {
  const auto resolved = LoadExperiment(Configs(), "reference/slowfast_r50_8x8");
  ComplexitySetting setting = SettingOf(resolved->experiment);
  setting.height = setting.width = 64;
  const auto report = CountComplexity("row", resolved->experiment, setting);
  ASSERT_TRUE(report.ok()) << report.status();
  std::map<std::string, int64_t> macs;
  for (const ModuleComplexity& module : report->modules) macs[module.module] = module.macs;
  EXPECT_EQ(macs["backbone.slow.stem"], 8 * 32 * 32 * 64 * (3 * 7 * 7));
  EXPECT_EQ(macs["backbone.fast.stem"], 32 * 32 * 32 * 8 * (3 * 5 * 7 * 7));
  EXPECT_EQ(macs["backbone.lateral_stem"], 8 * 16 * 16 * 16 * (8 * 7));
  EXPECT_EQ(macs["backbone.slow.res2_0"], 8 * 16 * 16 * (80 * 64 + 64 * 64 * 9 + 64 * 256 + 80 * 256));
  EXPECT_EQ(macs["head.classifier"], 3 * 2304 * 80);
}

// What is executed (mrsn/PAPER.md, "Same results, less work"; M = 1, N persons, L = 64
// context tokens, T = L + 1, H heads, C channels), encoder by encoder. Adaptive pooling,
// where it is a product, is not in it: below a thousandth.
TEST(ComplexityTest, ExecutedIsWhatIsLeftOfTheEquations) {
  const auto resolved = LoadExperiment(Configs(), "ava22/ablation/acre_aare_rse");
  const auto report = CountComplexity("row", resolved->experiment, SettingOf(resolved->experiment));
  ASSERT_TRUE(report.ok()) << report.status();
  const int64_t d = 1024, L = 64, T = 65, H = 8, C = 2048, K = 80;
  for (const CurvePoint& point : report->curve) {
    const int64_t N = point.boxes;
    const int64_t tokens = L * 4 * C * d + N * C * d;
    // Projections of both kinds of tokens; the context's attention to itself once, each
    // person's key for it, the person's own attention; W^O of L + 2 N tokens, mixed head by head.
    const int64_t acre = (L + N) * 3 * d * d + 2 * L * L * d + N * L * d + 2 * N * T * d +
                         (L + 2 * N) * d * d + 2 * N * L * H * d + N * T * 2 * d * d;
    const int64_t aare = N * 6 * d * d + 2 * N * N * d;
    // MCA_X has one value and one result a person; MCA_Y four d x d products.
    const int64_t rse = N * 2 * d * d + N * T * 2 * d * d + N * 4 * d * d + 2 * N * H * T * d + N * 2 * d * d;
    const int64_t consensus = N * (3 * d * d + d * K);
    const int64_t expected = tokens + acre + aare + rse + consensus;
    EXPECT_NEAR(point.head_macs, expected, 0.001 * expected) << N << " boxes";
    EXPECT_LT(point.head_macs, *point.plain_head_macs) << N << " boxes";
  }
  ASSERT_EQ(report->curve.size(), 20);
  EXPECT_EQ(report->setting.frames, 16);
  for (const ModuleComplexity& module : report->modules) {
    if (module.module == "head.mrse0.aare") {
      EXPECT_EQ(module.macs, 3 * 6 * d * d + 2 * 3 * 3 * d);
    }
    if (module.module == "head.mlp") {
      EXPECT_EQ(module.macs, 3 * (3 * d * d + 80 * d));
    }
  }
}

TEST(ComplexityTest, BankSizesOfTheCurve) {
  const auto resolved = LoadExperiment(Configs(), "micro/acre_aare_rse_lrb");
  const auto report = CountComplexity("row", resolved->experiment, SettingOf(resolved->experiment));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->setting.frames, 4);
  EXPECT_EQ(report->setting.height, 64);
  // 1 to 20 boxes with the setting's 63 entries, then 21 s of 1, 3, 5 and 10 persons.
  ASSERT_EQ(report->curve.size(), 24);
  EXPECT_EQ(report->curve[19].bank_entries, 63);
  EXPECT_EQ(report->curve[20].bank_entries, 21);
  EXPECT_EQ(report->curve[20].boxes, 3);
  EXPECT_EQ(report->curve[21].head_macs, report->macs.head);
  // 42 entries more are projected twice, g = 192 to c = 64, and meet 3 queries, 2 c each.
  EXPECT_EQ(report->curve[21].head_macs - report->curve[20].head_macs, 42 * (2 * 192 * 64 + 3 * 2 * 64));
}

// micro/none on 4 x 64 x 64 with 3 boxes: the clip laid out channels_last (I values), the
// stem's result (S), and the block's two and the shortcut's (B each); norms are folded,
// ReLU and the sum are in place.
TEST(ComplexityTest, ActivationsByHand) {
  const auto resolved = LoadExperiment(Configs(), "micro/none");
  const auto report = CountComplexity("row", resolved->experiment, SettingOf(resolved->experiment));
  ASSERT_TRUE(report.ok()) << report.status();
  const int64_t I = 3 * 4 * 64 * 64, S = 4 * 32 * 32 * 16, B = 4 * 16 * 16 * 48;
  const int64_t F = 48 * 16 * 16, A = 3 * 48 * 7 * 7, G = 3 * 48, logits = 3 * 15;
  // The maximum's indices have 8 bytes. Boxes in pixels, and the 4 factors that made them
  // on the CPU and then on the device.
  EXPECT_EQ(report->activations.made,
            4 * (I + S + 3 * B + F + A + G + logits) + 8 * G + 4 * (3 * 4) + 2 * 4 * 4);
  // At the block's end: its input, the shortcut, the first convolution and the second.
  EXPECT_EQ(report->activations.peak, 4 * (S + 3 * B));
  // Convolutions keep their inputs, which are also what ReLU keeps, their folded weights and
  // what those were scaled by, the last ReLU its result; RoIAlign the boxes, dropout its mask, the
  // classifier what dropout gave; G and logits are the results.
  const int64_t weights = 16 * 3 * 25 + 48 * 16 * 27 + 48 * 48 * 9 + 48 * 16, scales = 16 + 3 * 48;
  EXPECT_EQ(report->activations.training,
            4 * (I + S + 2 * B) + 4 * (weights + scales) + 4 * (3 * 4) + 8 * G + 4 * (3 * G + logits));
}

TEST(ComplexityTest, AClipTooSmallIsAnError) {
  const auto resolved = LoadExperiment(Configs(), "micro/none");
  ComplexitySetting setting = SettingOf(resolved->experiment);
  setting.height = 0;
  const auto report = CountComplexity("micro/none", resolved->experiment, setting);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(std::string(report.status().message()),
              testing::StartsWith("micro/none: 4 frames of 0x64: Calculated padded input size"));
}

}  // namespace
}  // namespace mrsn::experiments

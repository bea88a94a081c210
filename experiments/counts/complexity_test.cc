// Counts of some experiments against counts worked out by hand. Those of every experiment are in
// experiments/heads.
#include "experiments/counts/complexity.h"

#include <map>
#include <string>

#include "experiments/config/config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
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
  // The maximum's indices have 8 bytes. Boxes in pixels, and the 4 factors that made them, of
  // 8 bytes on the CPU and then of 4 on the device.
  EXPECT_EQ(report->activations.made,
            4 * (I + S + 3 * B + F + A + G + logits) + 8 * G + 4 * (3 * 4) + 4 * 8 + 4 * 4);
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

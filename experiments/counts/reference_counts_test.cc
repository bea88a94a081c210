// Parameters and multiply-adds of full-size models against those of the public code:
// PySlowFast's AVA models counted with fvcore (multiply-add = 1; convolutions, linear
// layers and the products of non-local blocks; 3 boxes), and ACAR-Net's head.
#include <ATen/ATen.h>

#include <string>

#include "experiments/config/config.h"
#include "experiments/counts/complexity.h"
#include "gtest/gtest.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

struct Row {
  const char* name;
  const char* experiment;
  const char* change;
  int width;
  int64_t backbone, head;  // parameters
  int64_t macs;            // 0: not known
};

constexpr char kNoNonLocal[] = "clear: \"model.slow_fast.slow.nonlocal\"";
constexpr char kAllTemporal[] =
    "clear: \"model.slow_fast.slow.nonlocal\" clear: \"model.slow_fast.slow.res4_temporal_blocks\"";
constexpr char k16x8[] = "train_data { clip { frames: 16 } } eval_data { clip { frames: 16 } }";
constexpr char kBare[] =
    "clear: \"model.slow_fast.slow.nonlocal\" clear: \"model.slow_fast.slow.res4_temporal_blocks\" "
    "model { slow_fast { lateral { norm_and_relu: false } } }";

const Row kRows[] = {
    {"SlowOnly4x16", "reference/slowonly_r50_4x16", "", 256, 31634496, 163920, 41553461248},
    {"SlowOnly4x16Wide", "reference/slowonly_r50_4x16", "", 341, 31634496, 163920, 56784584704},
    {"SlowOnly8x8", "reference/slowonly_r50_8x8", "", 256, 31634496, 163920, 83106430976},
    {"SlowOnly8x8Wide", "reference/slowonly_r50_8x8", "", 341, 31634496, 163920, 113568677888},
    {"SlowFastR50", "reference/slowfast_r50_8x8", "", 256, 33644488, 184400, 96888975360},
    {"SlowFastR50Wide", "reference/slowfast_r50_8x8", "", 341, 33644488, 184400, 132265668608},
    {"SlowFastR101", "reference/slowfast_r101_8x8", "", 256, 59158088, 184400, 146549534720},
    {"SlowFastR101Wide", "reference/slowfast_r101_8x8", "", 341, 59158088, 184400, 201388060672},
    {"SlowFastR101NoNonLocal", "reference/slowfast_r101_8x8", kNoNonLocal, 256, 52852808, 184400,
     137691164672},
    {"SlowFastR101AllTemporal", "reference/slowfast_r101_8x8", kAllTemporal, 256, 61904968, 184400,
     157085626368},
    {"SlowFastR101At16x8", "reference/slowfast_r101_8x8", k16x8, 256, 59158088, 184400, 296319741952},
    // ACAR-Net's and AlphAction's Kinetics-700 backbone: bare laterals.
    {"SlowFastR101BareLaterals", "reference/slowfast_r101_8x8", kBare, 256, 61904040, 184400, 0},
    {"AcarHead", "reference/acar_r50", "", 256, 33644488, 25229312, 96888422400 + 5573744640},
    {"MrsnHead512", "reference/mrsn_s_r50_d512", "", 256, 33644488, 12400208, 0},
    {"MrsnHead1024", "reference/mrsn_s_r50_d1024", "", 256, 33644488, 37383248, 0},
};

class ReferenceCountsTest : public ::testing::TestWithParam<Row> {};

TEST_P(ReferenceCountsTest, AreThePublicCodes) {
  const Row& row = GetParam();
  const auto resolved = LoadExperiment(DataFilesRoot() + "/experiments/configs", row.experiment, row.change);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  ComplexitySetting setting = SettingOf(resolved->experiment);
  setting.height = 256;
  setting.width = row.width;
  setting.boxes = 3;
  const auto report = CountComplexity(row.experiment, resolved->experiment, setting);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->parameters.backbone, row.backbone);
  EXPECT_EQ(report->parameters.head, row.head);
  if (row.macs > 0) {
    EXPECT_EQ(report->macs.total, row.macs);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, ReferenceCountsTest, ::testing::ValuesIn(kRows),
                         [](const auto& info) { return std::string(info.param.name); });

// The head alone, as its equations stand: N = 3 and 5 persons.
TEST(ReferenceCountsTest, MrsnHeadsEquations) {
  const struct {
    const char* experiment;
    int boxes;
    int64_t macs;
  } cases[] = {{"reference/mrsn_s_r50_d512", 3, 942139392},
               {"reference/mrsn_s_r50_d512", 5, 1368915968},
               {"reference/mrsn_s_r50_d1024", 3, 3129987072},
               {"reference/mrsn_s_r50_d1024", 5, 4814012416}};
  for (const auto& c : cases) {
    const auto resolved = LoadExperiment(DataFilesRoot() + "/experiments/configs", c.experiment);
    ASSERT_TRUE(resolved.ok()) << resolved.status();
    ComplexitySetting setting = SettingOf(resolved->experiment);
    setting.height = setting.width = 256;
    setting.boxes = c.boxes;
    const auto report = CountComplexity(c.experiment, resolved->experiment, setting);
    ASSERT_TRUE(report.ok() && report->plain.has_value()) << report.status();
    EXPECT_EQ(report->plain->head_macs, c.macs) << c.experiment << " " << c.boxes;
    EXPECT_LT(report->macs.head, c.macs);  // what is executed shares the context's projections
  }
}

}  // namespace
}  // namespace mrsn::experiments

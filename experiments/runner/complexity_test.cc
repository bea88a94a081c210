// Every experiment in the tree is built at its real size, run once on the meta device
// and counted; two of them against counts worked out by hand.
#include "experiments/runner/complexity.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "datasets/open_dataset.h"
#include "experiments/config/config.h"
#include "experiments/runner/machine.h"
#include "gtest/gtest.h"

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

class EveryExperimentTest : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryExperimentTest, IsBuiltAndRunAtItsRealSize) {
  ComplexitySetting setting;
  setting.height = setting.width = 64;
  const Result result = Count(GetParam(), setting);
  EXPECT_GT(result.parameters().backbone(), 0);
  EXPECT_GT(result.parameters().head(), 0);
  EXPECT_EQ(result.parameters().total(), result.parameters().backbone() + result.parameters().head());
  EXPECT_GT(result.multiply_adds().backbone(), 0);
  EXPECT_GT(result.multiply_adds().head(), 0);
  const Experiment experiment = LoadExperiment(Configs(), GetParam())->experiment;
  for (const DatasetConfig& data : {experiment.train_data(), experiment.eval_data()}) {
    if (data.dataset_case() == DatasetConfig::DATASET_NOT_SET)
      continue;  // full-size rows: AVA is not read yet
    EXPECT_TRUE(datasets::ValidateDatasetConfig(data).ok()) << datasets::ValidateDatasetConfig(data);
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

}  // namespace
}  // namespace mrsn::experiments

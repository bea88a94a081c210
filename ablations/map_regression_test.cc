// A short run with a fixed seed, against the band its config says.
#include <cmath>
#include <string>

#include "experiments/config/config.h"
#include "experiments/run/run_experiment.h"
#include "experiments/run/run_settings.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

constexpr char kExperiment[] = "smoke/map_regression";

TEST(MapRegressionTest, FrameMapLiesInItsBand) {
  const RunSettings settings = DefaultSettings(::testing::TempDir() + "/map_regression");
  const auto resolved = LoadExperiment(settings.configs_root, kExperiment);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  const auto& expectations = resolved->experiment.expected();
  ASSERT_EQ(expectations.size(), 1) << "the config says what to expect";
  ASSERT_EQ(expectations[0].metric(), "frame_map");
  const auto finished = RunExperiment({kExperiment, "", "", 0}, settings);
  ASSERT_TRUE(finished.ok()) << finished.status();
  ASSERT_TRUE(finished->result.has_frame_map());
  EXPECT_NEAR(finished->result.frame_map(), expectations[0].value(), expectations[0].tolerance());
}

}  // namespace
}  // namespace mrsn::experiments

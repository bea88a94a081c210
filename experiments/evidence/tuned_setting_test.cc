#include "experiments/evidence/tuned_setting.h"

#include <gtest/gtest.h>

namespace mrsn::experiments {
namespace {

Result Point(const std::string& name, int64_t iterations, double frame_map, std::vector<double> curve = {}) {
  Result result;
  result.set_experiment(name);
  result.set_iterations(iterations);
  result.set_frame_map(frame_map);
  for (size_t i = 0; i < curve.size(); ++i) {
    ValidationScore& score = *result.add_validation();
    score.set_iteration(iterations * static_cast<int64_t>(i + 1) / static_cast<int64_t>(curve.size()));
    score.set_frame_map(curve[i]);
  }
  return result;
}

TEST(TunedSettingTest, TheShorterOfNearlyEqualSettings) {
  const Result long_run = Point("long", 160, 0.4010), short_run = Point("short", 40, 0.4001),
               shorter = Point("shorter", 20, 0.3999), also_short = Point("also short", 40, 0.4003);
  EXPECT_EQ(TakeSetting({&long_run, &short_run, &shorter, &also_short}, 0.1)->experiment, "also short");
  EXPECT_EQ(TakeSetting({&long_run, &short_run, &shorter}, 0.05)->experiment, "long");
  EXPECT_NEAR(TakeSetting({&long_run}, 0.1)->frame_map, 40.1, 1e-12);
  EXPECT_FALSE(TakeSetting({}, 0.1).has_value());
}

TEST(TunedSettingTest, TheRiseBeginsAtThreeQuarters) {
  const Result eight = Point("a", 80, 0.4, {0.1, 0.2, 0.3, 0.31, 0.32, 0.36, 0.38, 0.4});
  EXPECT_NEAR(*TakeSetting({&eight}, 0)->rise, 4, 1e-9);  // 40 - 36, the value at 60 of 80
  const Result two = Point("b", 80, 0.4, {0.25, 0.4});
  EXPECT_NEAR(*TakeSetting({&two}, 0)->rise, 15, 1e-9);
  const Result one = Point("c", 80, 0.4, {0.4}), none = Point("d", 80, 0.4);
  EXPECT_FALSE(TakeSetting({&one}, 0)->rise.has_value());
  EXPECT_FALSE(TakeSetting({&none}, 0)->rise.has_value());
}

TEST(TunedSettingTest, CurvesThatCrossAtTheEnd) {
  TunedSetting a, b;
  a.curve = {10, 20, 31};
  b.curve = {21, 30};  // of another length: points are counted from the end
  EXPECT_TRUE(*SignChanges(a, b));
  b.curve = {19, 30};
  EXPECT_FALSE(*SignChanges(a, b));
  b.curve = {30};
  EXPECT_FALSE(SignChanges(a, b).has_value());
}

}  // namespace
}  // namespace mrsn::experiments

#include "ops/base/progress.h"

#include "gtest/gtest.h"

namespace mrsn {
namespace {

TEST(ProgressTest, RateAndTimeToGo) {
  EXPECT_EQ(ProgressLine("train", 25, 100, 0, 400, "clips", absl::Seconds(10), "loss 0.5"),
            "train  25% [#####               ] 25/100 40.0 clips/s, 0:30 to go, loss 0.5");
}

TEST(ProgressTest, AResumedRunCountsOnlyFreshSteps) {
  // 50 steps were done before; 10 more took 10 s, so the remaining 40 take 40 s.
  EXPECT_EQ(ProgressLine("train", 60, 100, 50, 20, "clips", absl::Seconds(10), ""),
            "train  60% [############        ] 60/100 2.0 clips/s, 0:40 to go");
}

TEST(ProgressTest, NothingToDoIsDone) {
  EXPECT_EQ(ProgressLine("x", 0, 0, 0, 0, "rows", absl::ZeroDuration(), ""),
            "x 100% [####################] 0/0, took 0:00");
}

TEST(ProgressTest, HoursAreShown) {
  EXPECT_EQ(ProgressLine("x", 1, 2, 0, 0, "rows", absl::Hours(2), ""),
            "x  50% [##########          ] 1/2, 2:00:00 to go");
}

}  // namespace
}  // namespace mrsn

#include "experiments/engine/learning_rate.h"

#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

TEST(LearningRateTest, ThePapersAvaSchedule) {
  LearningRateSchedule schedule;
  schedule.base = 0.04;
  schedule.decay_epochs = {5.6, 5.8};
  schedule.iterations_per_epoch = 10;
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 0), 0.04);
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 55), 0.04);
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 56), 0.004);
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 57), 0.004);
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 58), 0.0004);
}

TEST(LearningRateTest, WarmUpIsLinearAndEndsAtTheBase) {
  LearningRateSchedule schedule;
  schedule.base = 1.0;
  schedule.warmup_start = 0.2;
  schedule.warmup_epochs = 0.5;
  schedule.iterations_per_epoch = 8;
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 0), 0.2);
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 1), 0.4);
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 3), 0.8);
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 4), 1.0);
}

}  // namespace
}  // namespace mrsn::experiments

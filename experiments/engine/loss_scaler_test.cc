#include "experiments/engine/loss_scaler.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;

std::vector<double> Scales(LossScaler& scaler, const std::vector<bool>& finite) {
  std::vector<double> scales;
  for (const bool step : finite) {
    scaler.Update(step);
    scales.push_back(scaler.scale());
  }
  return scales;
}

TEST(LossScalerTest, StartsAsTorchs) {
  const LossScaler scaler(LossScalerOptions{});
  EXPECT_EQ(scaler.scale(), 65536);
  EXPECT_TRUE(scaler.can_shrink());
}

// By hand: torch.amp.GradScaler(init_scale=8, growth_factor=4, growth_interval=3) gives the same scales.
TEST(LossScalerTest, GrowsAfterAnIntervalAndHalvesAtOnce) {
  LossScaler scaler({/*initial_scale=*/8, /*growth_factor=*/4, /*growth_interval=*/3});
  EXPECT_THAT(Scales(scaler, {true, true, true, true, true}), ElementsAre(8, 8, 32, 32, 32));
  // Two of three good steps are forgotten.
  EXPECT_THAT(Scales(scaler, {false, true, true, true}), ElementsAre(16, 16, 16, 64));
  EXPECT_THAT(Scales(scaler, {false, false, true}), ElementsAre(32, 16, 16));
}

TEST(LossScalerTest, StopsAtOne) {
  LossScaler scaler({2, 2, 1});
  EXPECT_THAT(Scales(scaler, {false}), ElementsAre(1));
  EXPECT_FALSE(scaler.can_shrink());
  EXPECT_THAT(Scales(scaler, {false, true}), ElementsAre(1, 2));
}

TEST(LossScalerTest, NeverGrowsBeyondFloat32) {
  LossScaler scaler({1, 16, 1});
  const std::vector<double> scales = Scales(scaler, std::vector<bool>(100, true));
  EXPECT_LT(scales.back(), 3.4e38);
  EXPECT_EQ(scales[50], scales[99]);
}

TEST(LossScalerTest, GoesOnFromItsState) {
  LossScaler undisturbed({8, 2, 3}), resumed({8, 2, 3});
  Scales(undisturbed, {true, false, true, true});
  resumed.set_state(undisturbed.state());
  EXPECT_EQ(Scales(resumed, {true, true, true, true}), Scales(undisturbed, {true, true, true, true}));
}

}  // namespace
}  // namespace mrsn::experiments

#include "experiments/engine/noisy_boxes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "experiments/testing/fake_dataset.h"

namespace mrsn::experiments {
namespace {

constexpr int kWidth = 60, kHeight = 40;

Box BoxOf(const NoisyBoxes& data, int64_t index) { return data.Load(index, 0)->actors[0].box; }

TEST(NoisyBoxesTest, EdgesMoveByPixelsOfTheClip) {
  constexpr int kClips = 1000;
  FakeDataset placed(std::vector<datasets::FrameSize>(kClips, {kWidth, kHeight}));
  const NoisyBoxes data(placed, 1);
  double sums[4] = {}, squares[4] = {}, together = 0;
  for (int i = 0; i < kClips; ++i) {
    const Box box = BoxOf(data, i), from = FakeDataset::kPersonBox;
    // y2 is at the frame's edge and is tested below.
    const double moved[3] = {(box.x1 - from.x1) * kWidth, (box.x2 - from.x2) * kWidth,
                             (box.y1 - from.y1) * kHeight};
    for (int e = 0; e < 3; ++e) {
      sums[e] += moved[e] / kClips;
      squares[e] += moved[e] * moved[e] / kClips;
    }
    together += moved[0] * moved[1] / kClips;
  }
  for (int e = 0; e < 3; ++e) {
    EXPECT_NEAR(sums[e], 0, 4 / std::sqrt(kClips)) << e;
    EXPECT_NEAR(std::sqrt(squares[e]), 1, 4 / std::sqrt(2.0 * kClips)) << e;
  }
  EXPECT_NEAR(together, 0, 4 / std::sqrt(kClips)) << "edges move by themselves";
}

TEST(NoisyBoxesTest, BoxesStayInTheFrameAndKeepTwoPixels) {
  FakeDataset placed(std::vector<datasets::FrameSize>(500, {kWidth, kHeight}));
  const NoisyBoxes data(placed, 100);
  for (int i = 0; i < 500; ++i) {
    const Box box = BoxOf(data, i);
    EXPECT_GE(box.x1, 0);
    EXPECT_LE(box.y2, 1);
    EXPECT_GE(box.x2 - box.x1, 2.0 / kWidth - 1e-6);
    EXPECT_GE(box.y2 - box.y1, 2.0 / kHeight - 1e-6);
  }
}

TEST(NoisyBoxesTest, TheSameNoiseEveryTimeAndForBothBoxes) {
  FakeDataset placed({{kWidth, kHeight}, {kWidth, kHeight}});
  placed.reported = FakeDataset::kPersonBox;
  const NoisyBoxes data(placed, 1);
  EXPECT_EQ(BoxOf(data, 0), BoxOf(data, 0));
  EXPECT_FALSE(BoxOf(data, 0) == BoxOf(data, 1));
  EXPECT_EQ(*data.Load(0, 0)->actors[0].reported, BoxOf(data, 0));
  EXPECT_EQ(NoisyBoxes(placed, 0).Load(0, 0)->actors[0].box, FakeDataset::kPersonBox);
  EXPECT_EQ(data.LoadPersons(0, 0).status().code(), absl::StatusCode::kUnimplemented);
  placed.broken_clips = 1;
  EXPECT_EQ(data.Load(0, 0).status().message(), "cut off");
}

}  // namespace
}  // namespace mrsn::experiments

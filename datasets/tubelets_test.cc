#include "datasets/tubelets.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;

// A tube with boxes in the given frames; a box's x1 is its frame.
Tube TubeIn(const std::vector<int64_t>& frames) {
  Tube tube;
  for (const int64_t frame : frames) tube[frame] = {static_cast<float>(frame), 0, frame + 1.0f, 1};
  return tube;
}

// The frames whose boxes are taken.
std::vector<int> Taken(const std::vector<int64_t>& annotated, const std::vector<int64_t>& clip,
                       int64_t centre) {
  std::vector<int> frames;
  for (const Box& box : MakeTubelet(TubeIn(annotated), clip, centre)) frames.push_back(box.x1);
  return frames;
}

TEST(TubeletsTest, AnnotatedFramesKeepTheirBoxes) {
  EXPECT_THAT(Taken({10, 11, 12, 13, 14, 15}, {10, 12, 14}, 12), ElementsAre(10, 12, 14));
  EXPECT_THAT(Taken({0, 1, 2}, {0, 0, 0, 2}, 0), ElementsAre(0, 0, 0, 2));  // clamped at the start
}

TEST(TubeletsTest, OtherFramesTakeTheNearestBox) {
  // Begins at 12, ends at 21: before and after it there is only one side.
  EXPECT_THAT(Taken({12, 13, 16, 21}, {4, 8, 12, 16, 20, 24}, 16), ElementsAre(12, 12, 12, 16, 21, 21));
  EXPECT_THAT(Taken({10, 14}, {10, 11, 12, 13, 14}, 14), ElementsAre(10, 10, 10, 14, 14));  // 12: a tie
}

TEST(TubeletsTest, FramesOutsideTheClipLendNoBox) {
  // 7 and 31 are nearer to 8 and 30 than 20 is, but not of the clip 8..30.
  EXPECT_THAT(Taken({7, 20, 31}, {8, 20, 30}, 20), ElementsAre(20, 20, 20));
  // A clip of one frame begins half a stride before its centre.
  EXPECT_THAT(Taken({9, 16}, {12}, 16), ElementsAre(16));
}

// Against a search through all annotated frames of the clip.
TEST(TubeletsTest, AgreesWithALinearSearch) {
  const std::vector<int64_t> annotated = {3, 4, 5, 9, 14, 15, 22, 40};
  for (int stride = 1; stride < 6; ++stride) {
    for (const int64_t centre : annotated) {
      std::vector<int64_t> clip;
      for (int i = -4; i < 4; ++i) clip.push_back(std::max<int64_t>(0, centre + i * stride));
      std::vector<int> expected;
      for (const int64_t frame : clip) {
        int best = -1;
        for (const int64_t other : annotated) {
          if (other < clip.front() || other > std::max(clip.back(), centre)) continue;
          if (best < 0 || std::abs(other - frame) < std::abs(best - frame)) best = other;
        }
        expected.push_back(best);
      }
      EXPECT_EQ(Taken(annotated, clip, centre), expected) << stride << " " << centre;
    }
  }
}

}  // namespace
}  // namespace mrsn::datasets

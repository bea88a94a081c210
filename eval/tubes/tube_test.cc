#include "eval/tubes/tube.h"

#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

using formats::BoxD;

Tube Still(int64_t first, int length, BoxD box, double score = 1) {
  Tube tube;
  tube.first_frame = first;
  tube.boxes.assign(length, box);
  tube.score = score;
  return tube;
}

TEST(PixelOverlapTest, BoxesIncludeTheirLastPixel) {
  EXPECT_EQ(PixelOverlap({0, 0, 9, 9}, {0, 0, 9, 9}), 1);
  EXPECT_EQ(PixelOverlap({0, 0, 9, 9}, {5, 0, 14, 9}), 50.0 / 150);
  EXPECT_EQ(PixelOverlap({0, 0, 9, 9}, {9, 9, 18, 18}), 1.0 / 199);  // one pixel in common
  EXPECT_EQ(PixelOverlap({0, 0, 9, 9}, {10, 0, 19, 9}), 0);
}

TEST(TubeOverlapTest, SpaceTimesTime) {
  const BoxD box = {0, 0, 9, 9}, half = {0, 0, 9, 4};
  EXPECT_EQ(TubeOverlap(Still(5, 10, box), Still(5, 10, box)), 1);
  EXPECT_EQ(TubeOverlap(Still(5, 10, box), Still(5, 10, half)), 0.5);
  // Frames 5..14 and 10..24: 5 of 20 frames in common.
  EXPECT_EQ(TubeOverlap(Still(5, 10, box), Still(10, 15, box)), 5.0 / 20);
  EXPECT_EQ(TubeOverlap(Still(10, 15, half), Still(5, 10, box)), 0.5 * 5 / 20);
  EXPECT_EQ(TubeOverlap(Still(5, 10, box), Still(15, 10, box)), 0);
  EXPECT_EQ(TubeOverlap(Still(15, 10, box), Still(5, 10, box)), 0);
  // The mean goes over the frames in common only.
  Tube changing = Still(5, 10, box);
  changing.boxes[9] = half;
  EXPECT_EQ(TubeOverlap(changing, Still(14, 1, box)), 0.5 * 1 / 10);
}

TEST(FillGapTest, OnTheLine) {
  std::vector<BoxD> boxes = {{0, 0, 10, 20}};
  FillGap(1, {4, 8, 14, 40}, &boxes);
  EXPECT_EQ(boxes.size(), 1);
  FillGap(4, {4, 8, 14, 40}, &boxes);
  ASSERT_EQ(boxes.size(), 4);
  EXPECT_EQ(boxes[1], (BoxD{1, 2, 11, 25}));
  EXPECT_EQ(boxes[3], (BoxD{3, 6, 13, 35}));
}

TEST(SuppressTubesTest, TheBetterOneStays) {
  const BoxD box = {0, 0, 9, 9}, far = {50, 50, 59, 59};
  // 10 frames; 4 of 16 and 3 of 17 frames in common with the best.
  const std::vector<Tube> kept = SuppressTubes(
      {Still(8, 10, box, 0.2), Still(1, 10, box, 0.9), Still(7, 10, box, 0.3), Still(1, 10, far, 0.1)}, 0.2);
  ASSERT_EQ(kept.size(), 3);
  EXPECT_EQ(kept[0].score, 0.9);
  EXPECT_EQ(kept[1].score, 0.2);  // 3/17 < 0.2; overlaps only a tube that is left out more
  EXPECT_EQ(kept[2].score, 0.1);
}

}  // namespace
}  // namespace mrsn::eval

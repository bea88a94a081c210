#include "eval/analysis/frame_map_slices.h"

#include "eval/analysis/small_evaluators.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

TEST(FrameMapSlicesTest, ByActorsAndBySize) {
  FrameMapEvaluator evaluator = MakeEvaluator();
  const formats::BoxD small = {0, 0, 0.1, 0.1}, medium = {0, 0, 0.5, 0.4}, large = {0, 0, 1, 1};
  // One person with two labels on 902, two persons on 903.
  ASSERT_TRUE(evaluator.AddGroundTruth({"v", 902}, large, 1).ok());
  ASSERT_TRUE(evaluator.AddGroundTruth({"v", 902}, large, 7).ok());
  ASSERT_TRUE(evaluator.AddGroundTruth({"v", 903}, small, 1).ok());
  ASSERT_TRUE(evaluator.AddGroundTruth({"v", 903}, medium, 1).ok());
  ASSERT_TRUE(evaluator.AddDetection({"v", 902}, large, 1, 0.9).ok());
  ASSERT_TRUE(evaluator.AddDetection({"v", 903}, medium, 1, 0.8).ok());
  ASSERT_TRUE(evaluator.AddDetection({"v", 903}, {0.5, 0.5, 0.6, 0.6}, 1, 0.95).ok());  // small, nobody there
  ASSERT_TRUE(evaluator.AddDetection({"v", 999}, large, 1, 0.99).ok());  // no ground truth at all
  const MatchedFrames matched = evaluator.Match();
  const std::vector<Slice> actors = ByNumberOfActors(evaluator, matched);
  ASSERT_EQ(actors.size(), 4);
  EXPECT_EQ(actors[0].name, "1");
  EXPECT_EQ(actors[0].num_gt, 2);
  EXPECT_EQ(actors[0].frame_map, 0.5);  // sit 1, read 0
  EXPECT_EQ(actors[1].num_gt, 2);
  EXPECT_EQ(actors[1].frame_map, 0.25);  // miss, hit of two boxes
  EXPECT_FALSE(actors[2].frame_map.has_value());
  const std::vector<Slice> sizes = ByBoxSize(evaluator, matched);
  ASSERT_EQ(sizes.size(), 3);
  // Rows by area .01 .2 1 1: bounds are the 2nd and the 3rd.
  EXPECT_EQ(sizes[0].num_gt, 1);
  EXPECT_EQ(sizes[0].frame_map, 0.0);
  EXPECT_EQ(sizes[1].num_gt, 1);
  EXPECT_EQ(sizes[1].frame_map, 1.0);
  EXPECT_EQ(sizes[2].num_gt, 2);
  EXPECT_EQ(sizes[2].frame_map, 0.25);  // sit: the miss on 999 first, then the hit: 1/2; read 0
}

}  // namespace
}  // namespace mrsn::eval

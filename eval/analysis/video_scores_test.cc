#include "eval/analysis/video_scores.h"

#include "eval/analysis/small_evaluators.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

TEST(VideoScoresTest, EachVideoIsRankedByItself) {
  FrameMapEvaluator evaluator = MakeEvaluator();
  // good: a box that is found, 0.75, and class 7 found, 0.5. AP 1.
  ASSERT_TRUE(evaluator.AddGroundTruth({"good", 902}, Column(1), 1).ok());
  ASSERT_TRUE(evaluator.AddGroundTruth({"good", 902}, Column(1), 7).ok());
  ASSERT_TRUE(evaluator.AddDetection({"good", 902}, Column(1), 1, 0.75).ok());
  ASSERT_TRUE(evaluator.AddDetection({"good", 902}, Column(1), 7, 0.5).ok());
  // bad: two boxes, one found, behind a false positive: precision 1/2 at recall 1/2, AP 1/4.
  ASSERT_TRUE(evaluator.AddGroundTruth({"bad", 902}, Column(1), 1).ok());
  ASSERT_TRUE(evaluator.AddGroundTruth({"bad", 903}, Column(1), 1).ok());
  ASSERT_TRUE(evaluator.AddDetection({"bad", 903}, Column(5), 1, 0.625).ok());
  ASSERT_TRUE(evaluator.AddDetection({"bad", 903}, Column(1), 1, 0.25).ok());
  // nobody: a detection where nobody is annotated.
  ASSERT_TRUE(evaluator.AddDetection({"nobody", 902}, Column(1), 1, 0.5).ok());
  const MatchedFrames matched = evaluator.Match();
  const std::vector<VideoScore> scores = ScoreVideos(evaluator, matched);
  ASSERT_EQ(scores.size(), 3);
  EXPECT_EQ(scores[0].video, "bad");
  EXPECT_EQ(scores[0].frame_map, 0.25);
  EXPECT_EQ(scores[0].num_classes, 1);
  EXPECT_EQ(scores[0].num_keyframes, 2);
  EXPECT_EQ(scores[0].num_gt, 2);
  EXPECT_EQ(scores[0].num_missed, 1);
  // 902: missed, 1. 903: 0.625 of the false positive and 1 - 0.25.
  EXPECT_EQ(scores[0].distance, 2.375);
  EXPECT_EQ(evaluator.keyframes().keyframes()[matched.frames[scores[0].worst_frame].keyframe].timestamp, 903);
  EXPECT_EQ(scores[1].video, "good");
  EXPECT_EQ(scores[1].frame_map, 1.0);
  EXPECT_EQ(scores[1].num_classes, 2);
  EXPECT_EQ(scores[1].num_missed, 0);
  EXPECT_EQ(scores[1].distance, 0.75);
  EXPECT_EQ(scores[2].video, "nobody");
  EXPECT_FALSE(scores[2].frame_map.has_value());
  EXPECT_EQ(scores[2].distance, 0.5);
}

TEST(VideoScoresTest, OneVideoHasTheFrameMap) {
  FrameMapEvaluator evaluator = MakeEvaluator();
  for (const int second : {902, 903, 904}) {
    ASSERT_TRUE(evaluator.AddGroundTruth({"v", second}, Column(1), second % 2 == 0 ? 1 : 7).ok());
    ASSERT_TRUE(
        evaluator.AddDetection({"v", second}, Column(second == 903 ? 4 : 1), 1, 0.1 * (second - 900)).ok());
  }
  const MatchedFrames matched = evaluator.Match();
  const std::vector<VideoScore> scores = ScoreVideos(evaluator, matched);
  ASSERT_EQ(scores.size(), 1);
  EXPECT_EQ(scores[0].frame_map, evaluator.Summarize(matched).frame_map);
}

TEST(VideoScoresTest, ExcludedKeyframesDoNotCount) {
  FrameMapEvaluator evaluator = TwoVideos(false);
  evaluator.ExcludeKeyframe({"b", 902});
  const MatchedFrames matched = evaluator.Match();
  const std::vector<VideoScore> scores = ScoreVideos(evaluator, matched);
  ASSERT_EQ(scores.size(), 1);
  EXPECT_EQ(scores[0].video, "a");
  EXPECT_EQ(scores[0].frame_map, 1.0);
}

TEST(VideoScoresTest, NothingGivesNothing) {
  const FrameMapEvaluator evaluator = MakeEvaluator();
  EXPECT_TRUE(ScoreVideos(evaluator, evaluator.Match()).empty());
}

}  // namespace
}  // namespace mrsn::eval

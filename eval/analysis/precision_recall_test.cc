#include "eval/analysis/precision_recall.h"

#include "eval/analysis/small_evaluators.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Four boxes of class 1 in a key frame each; detections by score: hit, miss, hit. Recall ends at 1/2.
FrameMapEvaluator HitMissHit() {
  FrameMapEvaluator evaluator = MakeEvaluator();
  for (const int second : {902, 903, 904, 905}) {
    EXPECT_TRUE(evaluator.AddGroundTruth({"v", second}, Column(1), 1).ok());
  }
  EXPECT_TRUE(evaluator.AddDetection({"v", 902}, Column(1), 1, 0.9).ok());
  EXPECT_TRUE(evaluator.AddDetection({"v", 903}, Column(5), 1, 0.8).ok());
  EXPECT_TRUE(evaluator.AddDetection({"v", 904}, Column(1), 1, 0.7).ok());
  return evaluator;
}

TEST(PrecisionRecallTest, OnePointBehindEachDetection) {
  const FrameMapEvaluator evaluator = HitMissHit();
  const MatchedFrames matched = evaluator.Match();
  EXPECT_THAT(PrecisionRecall(matched.classes[0]),
              ElementsAre(Pair(0.25, 1.0), Pair(0.25, 0.5), Pair(0.5, DoubleNear(2.0 / 3, 1e-15))));
  EXPECT_THAT(PrecisionRecall(matched.classes[1]), IsEmpty()) << "class 7 has no ground truth";
}

TEST(PrecisionRecallTest, TheMeanIsThatOfEnvelopes) {
  FrameMapEvaluator evaluator = HitMissHit();
  // Class 7: one box, found at once.
  ASSERT_TRUE(evaluator.AddGroundTruth({"v", 902}, Column(2), 7).ok());
  ASSERT_TRUE(evaluator.AddDetection({"v", 902}, Column(2), 7, 0.5).ok());
  const MatchedFrames matched = evaluator.Match();
  const auto one = MeanPrecision(matched, {0});
  ASSERT_EQ(one.size(), 101);
  EXPECT_THAT(one[0], Pair(0.0, 1.0));
  EXPECT_THAT(one[25], Pair(0.25, 1.0));
  EXPECT_THAT(one[26], Pair(0.26, DoubleNear(2.0 / 3, 1e-15)));
  EXPECT_THAT(one[50], Pair(0.5, DoubleNear(2.0 / 3, 1e-15)));
  EXPECT_THAT(one[51], Pair(0.51, 0.0));
  const auto both = MeanPrecision(matched, {0, 1});
  EXPECT_THAT(both[50], Pair(0.5, DoubleNear((2.0 / 3 + 1) / 2, 1e-15)));
  EXPECT_THAT(both[100], Pair(1.0, 0.5));
}

TEST(PrecisionRecallTest, ClassesWithoutGroundTruthDoNotCount) {
  const FrameMapEvaluator evaluator = HitMissHit();
  const MatchedFrames matched = evaluator.Match();
  EXPECT_EQ(MeanPrecision(matched, {0, 1}), MeanPrecision(matched, {0}));
  EXPECT_THAT(MeanPrecision(matched, {1}), IsEmpty());
}

TEST(PrecisionRecallTest, ManyDetectionsAreThinnedAndTheLastOneStays) {
  FrameMapEvaluator evaluator = MakeEvaluator();
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(evaluator.AddGroundTruth({"v", 902 + i}, Column(1), 1).ok());
    ASSERT_TRUE(evaluator.AddDetection({"v", 902 + i}, Column(1), 1, 1 - 0.0005 * i).ok());
  }
  const MatchedFrames matched = evaluator.Match();
  const auto points = PrecisionRecall(matched.classes[0]);
  EXPECT_LE(points.size(), 401);
  EXPECT_GE(points.size(), 200);
  EXPECT_THAT(points.back(), Pair(1.0, 1.0));
}

}  // namespace
}  // namespace mrsn::eval

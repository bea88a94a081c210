#include "eval/counts_text.h"

#include "eval/analysis/small_evaluators.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

using ::testing::ElementsAre;

TEST(CountsTextTest, HitsAndKeyframes) {
  EXPECT_THAT(
      CountsText(TwoVideos(false).Compute()),
      ElementsAre("1 of 2 boxes are found by 1 scored detection on 2 keyframes", "1 of 2 classes has boxes"));
}

TEST(CountsTextTest, AllClassesHaveBoxes) {
  FrameMapEvaluator evaluator = TwoVideos(true);
  ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, Column(3), 7).ok());
  EXPECT_THAT(CountsText(evaluator.Compute()),
              ElementsAre("2 of 3 boxes are found by 2 scored detections on 2 keyframes"));
  EXPECT_THAT(CountsText(MakeEvaluator().Compute()),
              ElementsAre("0 of 0 boxes are found by 0 scored detections on 0 keyframes",
                          "0 of 2 classes have boxes"));
}

TEST(CountsTextTest, EveryReason) {
  FrameMapEvaluator evaluator = TwoVideos(true);
  // 60 boxes on one keyframe, of which the cap keeps 50; two of these have no area.
  for (int i = 0; i < 60; ++i) {
    const formats::BoxD box = i < 2 ? formats::BoxD{0.5, 0, 0.5, 1} : Column(i % 10);
    ASSERT_TRUE(evaluator.AddDetection({"c", 902}, box, 7, 0.9 - 0.01 * i).ok());
  }
  ASSERT_TRUE(evaluator.AddDetection({"d", 902}, Column(1), 1, 0.5).ok());
  ASSERT_TRUE(evaluator.AddGroundTruth({"d", 902}, Column(1), 1).ok());
  ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, Column(1), 2).ok());
  ASSERT_TRUE(evaluator.AddDetection({"a", 902}, Column(1), 3, 0.5).ok());
  evaluator.ExcludeKeyframe({"d", 902});
  EXPECT_THAT(
      CountsText(evaluator.Compute()),
      ElementsAre("2 of 2 boxes are found by 50 scored detections on 2 keyframes", "1 of 2 classes has boxes",
                  "48 detections on keyframes without ground truth: false positives",
                  "10 detections left out by the cap of 50 rows a keyframe",
                  "2 detections left out with x1 >= x2 or y1 >= y2",
                  "1 detection left out on excluded keyframes",
                  "1 detection left out of classes that are not listed",
                  "1 box of the ground truth left out on excluded keyframes",
                  "1 box of the ground truth left out of classes that are not listed"));
}

TEST(CountsTextTest, ReasonsOfMmaction2) {
  FrameMapEvaluator evaluator = MakeEvaluator(Protocol::kMmaction2);
  ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, Column(1), 1).ok());
  ASSERT_TRUE(evaluator.AddDetection({"a", 902}, Column(1), 1, 0.001).ok());
  ASSERT_TRUE(evaluator.AddDetection({"b", 902}, Column(1), 1, 0.5).ok());
  EXPECT_THAT(CountsText(evaluator.Compute()),
              ElementsAre("0 of 1 box is found by 0 scored detections on 1 keyframe",
                          "1 of 2 classes has boxes", "1 detection left out with scores up to 0.002",
                          "1 detection left out on keyframes without ground truth"));
}

}  // namespace
}  // namespace mrsn::eval

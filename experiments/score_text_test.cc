#include "experiments/score_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;

Result Scored(double frame_map) {
  Result result;
  result.set_protocol("voc");
  result.set_iou_threshold(0.5);
  result.set_frame_map(frame_map);
  return result;
}

TEST(ScoreTextTest, Score) {
  EXPECT_EQ(ScoreText(Scored(0.25)), "frame-mAP@0.50 0.2500 (voc)");
  EXPECT_EQ(ScoreText(Result()), "no class has ground truth");
}

TEST(ScoreTextTest, CountsOfTheEvaluation) {
  Result result = Scored(1);
  result.add_counts("4 of 4 boxes are found by 4 scored detections on 2 keyframes");
  result.add_counts("1 of 24 classes has boxes");
  EXPECT_THAT(ScoreCounts(result), ElementsAre("4 of 4 boxes are found by 4 scored detections on 2 keyframes",
                                               "1 of 24 classes has boxes"));
  EXPECT_EQ(ExtremeText(result),
            "frame-mAP 100.00: 4 of 4 boxes are found by 4 scored detections on 2 keyframes; 1 of 24 classes "
            "has boxes");
}

TEST(ScoreTextTest, ResultsWithoutCounts) {
  Result result = Scored(0);
  result.add_per_class()->set_num_gt(3);
  result.add_per_class()->set_num_gt(0);
  EXPECT_THAT(ScoreCounts(result), ElementsAre("3 boxes of 1 of 2 classes; the hits were not recorded"));
  result.mutable_per_class(0)->set_num_gt(1);
  EXPECT_EQ(ExtremeText(result), "frame-mAP 0.00: 1 box of 1 of 2 classes; the hits were not recorded");
}

TEST(ScoreTextTest, ExtremeIfItShowsAsZeroOrHundred) {
  EXPECT_TRUE(IsExtreme(Scored(0)));
  EXPECT_TRUE(IsExtreme(Scored(0.00004)));
  EXPECT_FALSE(IsExtreme(Scored(0.00006)));
  EXPECT_FALSE(IsExtreme(Scored(0.9999)));
  EXPECT_TRUE(IsExtreme(Scored(0.99996)));
  EXPECT_FALSE(IsExtreme(Result()));
  EXPECT_EQ(ExtremeText(Scored(0.5)), "");
}

}  // namespace
}  // namespace mrsn::experiments

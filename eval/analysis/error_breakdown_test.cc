#include "eval/analysis/error_breakdown.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "eval/analysis/small_evaluators.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

TEST(ErrorBreakdownTest, EachKindIsFoundAndTheGainsAddUp) {
  FrameMapEvaluator evaluator = MakeEvaluator();
  // Class 1 on columns 0, 2, 4; class 7 on column 6.
  for (int column : {0, 2, 4}) ASSERT_TRUE(evaluator.AddGroundTruth({"v", 902}, Column(column), 1).ok());
  ASSERT_TRUE(evaluator.AddGroundTruth({"v", 902}, Column(6), 7).ok());
  const auto add = [&](formats::BoxD box, double score) {
    ASSERT_TRUE(evaluator.AddDetection({"v", 902}, box, 1, score).ok());
  };
  add(Column(6), 0.9);               // wrong class on a right box
  add(Column(0), 0.8);               // hit
  add(Column(0), 0.7);               // duplicate
  add({0.2, 0.0, 0.3, 0.3}, 0.6);    // on column 2, IoU 0.3: badly placed
  add({0.85, 0.0, 0.95, 1.0}, 0.5);  // nobody there
  const MatchedFrames matched = evaluator.Match();
  const ErrorBreakdown errors = BreakDownErrors(evaluator, matched);
  EXPECT_EQ(errors.counts.wrong_class, 1);
  EXPECT_EQ(errors.counts.duplicate, 1);
  EXPECT_EQ(errors.counts.badly_placed, 1);
  EXPECT_EQ(errors.counts.false_person, 1);
  EXPECT_EQ(errors.counts.missed, 3);  // columns 2 and 4, and class 7
  // Class 1, hits as 1: 0 1 0 0 0 has AP 1/3 * 1/2. The duplicate after the last hit costs nothing.
  // Without the wrong class 1 0 0: 1/3. Placed right 1 1 0: 2/3. Then only the missed box is left.
  const ErrorShares& shares = *errors.per_class[0];
  EXPECT_NEAR(shares.duplicate, 0, 1e-15);
  EXPECT_NEAR(shares.wrong_class, 1.0 / 3 - 1.0 / 6, 1e-15);
  EXPECT_NEAR(shares.badly_placed, 1.0 / 3, 1e-15);
  EXPECT_NEAR(shares.false_person, 0, 1e-15);
  EXPECT_NEAR(shares.missed, 1.0 / 3, 1e-15);
  EXPECT_NEAR(errors.per_class[1]->missed, 1, 1e-15);
  EXPECT_NEAR(errors.shares->Total(), 1 - *evaluator.Summarize(matched).frame_map, 1e-15);
}

TEST(ErrorBreakdownTest, AddsUpToTheLostMapUnderEveryProtocol) {
  for (Dataset dataset : {Dataset::kAva, Dataset::kUcf24}) {
    for (Protocol protocol : ProtocolsOf(dataset)) {
      FrameMapEvaluator evaluator = MakeEvaluator(protocol);
      std::mt19937 random(13);
      for (int i = 0; i < 4000; ++i) {
        const Keyframe keyframe = {absl::StrCat("v", i % 7), 902 + i % 89};
        const double x = random() % 60, y = random() % 60;
        const formats::BoxD box = {x, y, x + 20 + random() % 40, y + 20 + random() % 40};
        const int class_id = random() % 2 ? 1 : 7;
        if (i % 3 == 0) {
          ASSERT_TRUE(evaluator.AddGroundTruth(keyframe, box, class_id, random() % 9).ok());
        } else {
          ASSERT_TRUE(evaluator.AddDetection(keyframe, box, class_id, random() / 4294967296.0).ok());
        }
      }
      const MatchedFrames matched = evaluator.Match();
      const ErrorBreakdown errors = BreakDownErrors(evaluator, matched);
      const FrameMapResult result = evaluator.Summarize(matched);
      EXPECT_GT(*result.frame_map, 0.001);
      EXPECT_NEAR(errors.shares->Total(), 1 - *result.frame_map, 1e-6) << ProtocolName(protocol);
      for (double share : {errors.shares->missed, errors.shares->badly_placed, errors.shares->wrong_class,
                           errors.shares->false_person}) {
        EXPECT_GT(share, 0) << ProtocolName(protocol);
      }
      const ErrorCounts& counts = errors.counts;
      EXPECT_EQ(counts.badly_placed + counts.duplicate + counts.wrong_class + counts.false_person,
                result.per_class[0].num_fp + result.per_class[1].num_fp);
      EXPECT_EQ(counts.missed, result.num_gt - result.per_class[0].num_tp - result.per_class[1].num_tp);
    }
  }
}

}  // namespace
}  // namespace mrsn::eval

#include "eval/analysis/compare.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "eval/analysis/small_evaluators.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

using ::testing::HasSubstr;

TEST(CompareTest, PairedDifference) {
  BootstrapOptions options;
  options.samples = 2000;
  const Comparison comparison = *Compare(TwoVideos(false), TwoVideos(true), options);
  EXPECT_EQ(comparison.frame_map.difference, 0.5);
  // Only "aa" (a quarter) gives no difference; equal counts half.
  EXPECT_NEAR(*comparison.frame_map.b_better, 0.75 + 0.125, 0.03);
  EXPECT_EQ(*comparison.frame_map.interval, std::make_pair(0.0, 1.0));
  EXPECT_EQ(comparison.num_videos, 2);
  EXPECT_THAT(ToText(comparison, "old.csv", "new.csv"), HasSubstr("B is better by 50.00 points"));
  EXPECT_THAT(ToText(comparison, "old.csv", "new.csv"), HasSubstr("not significant"));
  const auto json = nlohmann::json::parse(ToJson(comparison));
  EXPECT_EQ(json["frame_map"]["a"], 0.5);
  EXPECT_EQ(json["per_class"]["1"]["difference"], 0.5);
  EXPECT_TRUE(json["per_class"]["7"]["difference"].is_null());
  // Other ground truth is refused.
  FrameMapEvaluator other = TwoVideos(true);
  ASSERT_TRUE(other.AddGroundTruth({"c", 902}, Column(1), 1).ok());
  EXPECT_THAT(std::string(Compare(TwoVideos(true), other, options).status().message()),
              HasSubstr("class 1 has 2 and 3 boxes"));
}

TEST(CompareTest, AFileAgainstItselfHasNoDifference) {
  const Comparison comparison = *Compare(TwoVideos(true), TwoVideos(true), BootstrapOptions());
  EXPECT_EQ(*comparison.frame_map.interval, std::make_pair(0.0, 0.0));
  EXPECT_EQ(*comparison.frame_map.b_better, 0.5);
  EXPECT_THAT(ToText(comparison, "x", "x"), HasSubstr("no difference"));
}

}  // namespace
}  // namespace mrsn::eval

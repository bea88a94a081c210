#include "eval/analysis/report.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "eval/analysis/small_evaluators.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

using ::testing::HasSubstr;

TEST(ReportTest, JsonHasEveryField) {
  FrameMapEvaluator evaluator = TwoVideos(false);
  const MatchedFrames matched = evaluator.Match();
  Report report;
  report.result = evaluator.Summarize(matched);
  report.errors = BreakDownErrors(evaluator, matched);
  report.warnings = {{"blank line, skipped", 2, "f.csv:3: ''"}};
  report.findings = {{plausibility::Kind::kScoresAreIds, plausibility::Severity::kWarning, "det.csv", 4, 5,
                      "vidA,902,12: score 3", "all 5 scores are whole numbers"}};
  report.in_common = plausibility::InCommon{2, 1, 1, 2, 1, 1};
  auto json = nlohmann::json::parse(ToJson(report));
  EXPECT_EQ(json["protocol"], "official_2019");
  EXPECT_EQ(json["frame_map"], 0.5);
  EXPECT_EQ(json["tie_interval"], nlohmann::json::array({0.5, 0.5}));
  EXPECT_EQ(json["num_gt"], 2);
  EXPECT_EQ(json["num_detections"], 1);
  EXPECT_EQ(json["num_keyframes"], 2);
  EXPECT_EQ(json["per_class"]["1"]["name"], "sit");
  EXPECT_EQ(json["per_class"]["1"]["ap"], 0.5);
  EXPECT_EQ(json["per_class"]["1"]["num_gt"], 2);
  EXPECT_EQ(json["per_class"]["1"]["num_tp"], 1);
  EXPECT_EQ(json["per_class"]["1"]["num_fp"], 0);
  EXPECT_TRUE(json["per_class"]["7"]["ap"].is_null());
  EXPECT_EQ(json["by_kind"]["pose"], 0.5);
  EXPECT_TRUE(json["by_kind"]["person-object"].is_null());
  EXPECT_TRUE(json["confidence_interval_95"].is_null());
  EXPECT_EQ(json["errors"]["missed"], 0.5);
  EXPECT_EQ(json["num_tp"], 1);
  EXPECT_EQ(json["num_detections_on_keyframes_without_gt"], 0);
  EXPECT_EQ(json["warnings"][0]["count"], 2);
  EXPECT_EQ(json["findings"][0], nlohmann::json::parse(R"({"kind": "scores_are_ids", "severity": "warning",
    "file": "det.csv", "count": 4, "of": 5, "first": "vidA,902,12: score 3",
    "text": "all 5 scores are whole numbers"})"));
  EXPECT_EQ(json["in_common"]["annotated_videos"], 2);
  EXPECT_EQ(json["in_common"]["keyframes"], 1);
  report.confidence_interval = {0.25, 0.75};
  json = nlohmann::json::parse(ToJson(report));
  EXPECT_EQ(json["confidence_interval_95"], nlohmann::json::array({0.25, 0.75}));
  EXPECT_THAT(ToText(report), HasSubstr("frame-mAP@0.5 (official_2019) 50.0000 %"));
  EXPECT_THAT(ToText(report),
              HasSubstr("detections on 1 of 2 annotated videos and 1 of 2 annotated keyframes\n"
                        "1 of 2 boxes are found by 1 scored detection on 2 keyframes\n"
                        "1 of 2 classes has boxes\n"));
  report.result.frame_map = std::nullopt;
  report.result.tie_interval = std::nullopt;
  json = nlohmann::json::parse(ToJson(report));
  EXPECT_TRUE(json["frame_map"].is_null());
  EXPECT_TRUE(json["tie_interval"].is_null());
}

}  // namespace
}  // namespace mrsn::eval

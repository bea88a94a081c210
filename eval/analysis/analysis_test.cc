// What explains a frame-mAP: slices, errors, bootstrap, comparison, curves, report.
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>

#include "absl/strings/str_cat.h"
#include "eval/analysis/bootstrap.h"
#include "eval/analysis/compare.h"
#include "eval/analysis/curves.h"
#include "eval/analysis/error_breakdown.h"
#include "eval/analysis/frame_map_slices.h"
#include "eval/analysis/report.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::eval {
namespace {

using ::testing::HasSubstr;

FrameMapEvaluator Make(Protocol protocol = Protocol::kOfficial2019) {
  FrameMapOptions options;
  options.protocol = protocol;
  options.classes = {{1, "sit", "pose"}, {7, "read it's", "person-object"}};
  return *FrameMapEvaluator::Create(options);
}

formats::BoxD Column(int i) { return {0.1 * i, 0.0, 0.1 * i + 0.1, 1.0}; }

TEST(ErrorBreakdownTest, EachKindIsFoundAndTheGainsAddUp) {
  FrameMapEvaluator evaluator = Make();
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
      FrameMapEvaluator evaluator = Make(protocol);
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

TEST(SlicesTest, ByActorsAndBySize) {
  FrameMapEvaluator evaluator = Make();
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

// Two videos with one box each; the box of the first is found, the second's is not.
FrameMapEvaluator TwoVideos(bool second_found) {
  FrameMapEvaluator evaluator = Make();
  for (const char* video : {"a", "b"}) EXPECT_TRUE(evaluator.AddGroundTruth({video, 902}, Column(1), 1).ok());
  EXPECT_TRUE(evaluator.AddDetection({"a", 902}, Column(1), 1, 0.9).ok());
  if (second_found) {
    EXPECT_TRUE(evaluator.AddDetection({"b", 902}, Column(1), 1, 0.8).ok());
  }
  return evaluator;
}

TEST(BootstrapTest, DrawsVideosWithReplacement) {
  const FrameMapEvaluator evaluator = TwoVideos(false);
  const MatchedFrames matched = evaluator.Match();
  const std::vector<std::string> videos = EvaluatedVideos(evaluator, matched);
  EXPECT_EQ(videos, (std::vector<std::string>{"a", "b"}));
  BootstrapOptions options;
  options.samples = 4000;
  const Resampled samples = Resample(evaluator, matched, videos, options);
  // aa: 1, ab and ba: 1/2, bb: 0. Four standard deviations of a share of 1/4 are 0.027.
  int count[3] = {};
  for (const auto& value : samples.frame_map) {
    ASSERT_TRUE(*value == 0 || *value == 0.5 || *value == 1);
    ++count[static_cast<int>(*value * 2)];
  }
  EXPECT_NEAR(count[0] / 4000.0, 0.25, 0.03);
  EXPECT_NEAR(count[1] / 4000.0, 0.5, 0.035);
  EXPECT_EQ(*ConfidenceInterval95(samples.frame_map), std::make_pair(0.0, 1.0));
  options.num_threads = 3;
  EXPECT_EQ(Resample(evaluator, matched, videos, options).frame_map, samples.frame_map);
  options.seed = 2;
  EXPECT_NE(Resample(evaluator, matched, videos, options).frame_map, samples.frame_map);
}

TEST(BootstrapTest, PercentilesAreLinear) {
  std::vector<std::optional<double>> samples;
  for (int i = 100; i >= 0; --i) samples.push_back(i / 100.0);
  samples.push_back(std::nullopt);
  EXPECT_NEAR(ConfidenceInterval95(samples)->first, 0.025, 1e-15);
  EXPECT_NEAR(ConfidenceInterval95(samples)->second, 0.975, 1e-15);
  EXPECT_FALSE(ConfidenceInterval95({std::nullopt}).has_value());
}

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

TEST(CurvesTest, GnuplotDrawsOneFileAClassAndOneForAll) {
  FrameMapEvaluator evaluator = TwoVideos(false);
  ASSERT_TRUE(evaluator.AddGroundTruth({"a", 902}, Column(3), 7).ok());  // a name with an apostrophe
  const MatchedFrames matched = evaluator.Match();
  const FrameMapResult result = evaluator.Summarize(matched);
  const std::string folder = testing::TempDir() + "curves." + std::to_string(::getpid());
  const std::string script = CurveScript(result, matched, folder);
  EXPECT_THAT(script, HasSubstr("$c0 << EOD\n0.50000 1.00000\nEOD\n"));
  EXPECT_THAT(script, HasSubstr("sit: AP 50.00 (official_2019, IoU 0.5)"));
  const absl::Status status = WriteCurves(result, matched, folder);
  ASSERT_TRUE(status.ok()) << status;
  for (const char* name : {"/1.svg", "/7.svg", "/all.svg"}) {
    const absl::StatusOr<std::string> svg = ReadFile(folder + name);
    ASSERT_TRUE(svg.ok()) << svg.status();
    EXPECT_THAT(*svg, HasSubstr("</svg>"));
    EXPECT_THAT(*svg, HasSubstr("recall"));
  }
}

TEST(ReportTest, JsonHasEveryField) {
  FrameMapEvaluator evaluator = TwoVideos(false);
  const MatchedFrames matched = evaluator.Match();
  Report report;
  report.result = evaluator.Summarize(matched);
  report.errors = BreakDownErrors(evaluator, matched);
  report.warnings = {{"blank line, skipped", 2, "f.csv:3: ''"}};
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
  EXPECT_EQ(json["warnings"][0]["count"], 2);
  report.confidence_interval = {0.25, 0.75};
  json = nlohmann::json::parse(ToJson(report));
  EXPECT_EQ(json["confidence_interval_95"], nlohmann::json::array({0.25, 0.75}));
  EXPECT_THAT(ToText(report), HasSubstr("frame-mAP@0.5 (official_2019) 50.0000 %"));
  report.result.frame_map = std::nullopt;
  report.result.tie_interval = std::nullopt;
  json = nlohmann::json::parse(ToJson(report));
  EXPECT_TRUE(json["frame_map"].is_null());
  EXPECT_TRUE(json["tie_interval"].is_null());
}

}  // namespace
}  // namespace mrsn::eval

#include "datasets/check/report.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CheckReport Example() {
  CheckReport report;
  report.root = "/data/own";
  report.level = "quick";
  report.Add(CheckSeverity::kNote, "unused_video", "v1", "is in no split");
  report.Add(CheckSeverity::kWarning, "duplicate_row", "train.csv", "2 rows", 2);
  for (const char* video : {"c", "a", "b"})
    report.Add(CheckSeverity::kError, "missing_video", video, "no file");
  SplitNumbers split;
  split.name = "train";
  split.has_boxes = true;
  split.boxes = {10, 4, 0.85, 0.5, 0.25, -1, -1};
  split.classes = {{1, "stand", 7, true}, {2, "sit", 0, true}};
  report.splits.push_back(split);
  report.Sort();
  return report;
}

TEST(CheckReport, WorstFirstAndCut) {
  const CheckReport report = Example();
  EXPECT_EQ(report.findings[0].subject, "a");
  EXPECT_EQ(report.findings.back().code, "unused_video");
  const std::string text = CheckSummary(report, 2);
  EXPECT_THAT(text, HasSubstr("error [missing_video] b: no file\n  and 1 more of [missing_video]\n"));
  EXPECT_THAT(text, Not(HasSubstr("] c: no file")));
  EXPECT_THAT(text, HasSubstr("3 errors, 1 warnings, 1 notes"));
  EXPECT_THAT(text, HasSubstr("classes: 2, 1 without an example; from 7 to 7 examples"));
  EXPECT_THAT(text, HasSubstr("recall 50.0% at IoU 0.5, 25.0% at 0.75; above 0.85: 4, recall -, -"));
}

TEST(CheckReport, Json) {
  CheckReport report = Example();
  report.Add(CheckSeverity::kNote, "other_files", "\xFF", "a name that is no UTF-8");
  const auto json = nlohmann::json::parse(CheckJson(report));
  EXPECT_EQ(json["errors"], 3);
  EXPECT_EQ(json["findings"].size(), 6u);
  EXPECT_EQ(json["findings"][3]["code"], "duplicate_row");
  EXPECT_EQ(json["findings"][3]["count"], 2);
  EXPECT_EQ(json["splits"][0]["boxes"]["recall_50"], 0.5);
  EXPECT_TRUE(json["splits"][0]["boxes"]["above_threshold_recall_50"].is_null());
  EXPECT_EQ(json["splits"][0]["classes"][1]["examples"], 0);
}

}  // namespace
}  // namespace mrsn::datasets

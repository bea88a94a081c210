// The whole page of results that the test writes, read back as a reader's program would.
#include "experiments/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/config/config.h"
#include "experiments/config/text_proto.h"
#include "experiments/report/page_reader.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kNasty[] = "<script>alert('x')</script> & \"more\"";

ReportOptions Options() {
  ReportOptions options;
  options.tables_root = DataFilesRoot() + "/experiments/tables";
  options.configs_root = DataFilesRoot() + "/experiments/configs";
  return options;
}

// A run whose class APs are `ap` and 0.2 more: mAP is ap + 0.1.
Result MakeResult(const std::string& experiment, int seed, double ap) {
  Result result;
  result.set_experiment(experiment);
  result.set_seed(seed);
  const auto resolved = LoadExperiment(Options().configs_root, experiment);
  result.set_config_fingerprint(resolved.ok() ? resolved->fingerprint : "0123456789abcdef");
  result.set_data_fingerprint("da7ada7ada7ada7a");
  result.set_weights_hash(absl::StrCat("3e16475", seed));
  result.set_commit("c0ffee");
  result.set_device("CPU: Test & Co");
  result.set_date("2026-01-02");
  result.set_official(true);
  result.set_protocol("official_2019");
  result.set_iou_threshold(0.5);
  result.set_frame_map(ap + 0.1);
  for (int c = 0; c < 2; ++c) {
    ClassScore* score = result.add_per_class();
    score->set_id(c + 1);
    score->set_name(c == 0 ? kNasty : "run");
    score->set_kind(c == 0 ? "pose" : "context");
    score->set_ap(ap + 0.2 * c);
    score->set_num_gt(10 + c);
    KindScore* kind = result.add_by_kind();
    kind->set_kind(score->kind());
    kind->set_mean_ap(score->ap());
    kind->set_num_classes(1);
  }
  result.mutable_parameters()->set_total(experiment == "micro/none" ? 40000 : 90000);
  result.mutable_multiply_adds()->set_total(50000000);
  result.mutable_multiply_adds()->set_setting("4x64x64, 3 boxes");
  result.set_train_seconds(60);
  return result;
}

ReportedExperiment MakeExperiment(const std::string& name, std::vector<double> aps) {
  ReportedExperiment experiment;
  experiment.name = name;
  for (size_t seed = 0; seed < aps.size(); ++seed) {
    experiment.runs.push_back({"", MakeResult(name, static_cast<int>(seed), aps[seed])});
  }
  return experiment;
}

// Gains over micro/none are 2, 3, 4 points: 3 on average, s.e. 1 / sqrt(3), times 4.3027 is 2.484.
ResultSet Results() {
  ResultSet results;
  results.experiments = {MakeExperiment("my/own <b>", {0.5}),
                         MakeExperiment("micro/acre", {0.22, 0.24, 0.26}),
                         MakeExperiment("micro/none", {0.20, 0.21, 0.22})};
  results.protocol = "official_2019";
  results.iou_threshold = 0.5;
  results.data_fingerprint = "da7ada7ada7ada7a";
  return results;
}

std::vector<PageElement> PageOf(const ReportOptions& options) {
  const auto document = Report(Results(), options);
  EXPECT_TRUE(document.ok()) << document.status();
  if (!document.ok()) return {};
  const auto html = ToHtml(*document);
  EXPECT_TRUE(html.ok()) << html.status();
  EXPECT_THAT(*html, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("http"))));
  auto page = ReadPage(*html);
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? *page : std::vector<PageElement>();
}

// Cells of the first row that starts with `label`, behind the element `section`.
std::vector<std::string> RowOf(const std::vector<PageElement>& page, const std::string& section,
                               const std::string& label) {
  bool inside = false, found = false;
  std::vector<std::string> cells;
  for (const PageElement& element : page) {
    if (element.name == "section") inside = element.Attribute("id") == section;
    if (element.name == "tr") {
      if (found) break;
      cells.clear();
    }
    if (!inside || (element.name != "td" && element.name != "th")) continue;
    cells.push_back(element.text);
    found = found || (cells.size() == 1 && element.name == "th" && element.text == label);
  }
  return found ? cells : std::vector<std::string>();
}

TEST(Report, StandsAloneAndEveryNumberHasAnOrigin) {
  const std::vector<PageElement> page = PageOf(Options());
  EXPECT_THAT(FaultsOf(page), IsEmpty());
  int measured = 0, paper = 0, svgs = 0;
  for (const PageElement& element : page) {
    measured += element.HasClass("measured");
    paper += element.HasClass("paper");
    svgs += element.name == "svg";
    EXPECT_FALSE(element.HasClass("measured") && element.HasClass("paper"));
  }
  EXPECT_GT(measured, 60);
  EXPECT_GT(paper, 6);
  EXPECT_GE(svgs, 6);
}

TEST(Report, RowsOfTheTableHavePaperOursGainAndInterval) {
  const std::vector<PageElement> page = PageOf(Options());
  EXPECT_THAT(
      RowOf(page, "table-table4_micro", "none"),
      ElementsAre("none", "20.94", "", "31.00", "28.52 to 33.48", "", "", "3", "", "", "", "", "micro/none"));
  EXPECT_THAT(RowOf(page, "table-table4_micro", "ACRE"),
              ElementsAre("ACRE", "22.35", "+1.41", "34.00", "29.03 to 38.97", "+3.00", "+0.52 to +5.48", "3",
                          "✓", "", "", "", "micro/acre"));
  EXPECT_THAT(
      RowOf(page, "table-table4_micro", "AARE"),
      ElementsAre("AARE", "21.69", "+0.75", "not run", "", "", "", "", "", "✓", "", "", "micro/aare"));
}

TEST(Report, ClassesAreSortedAndHaveGains) {
  ReportOptions options = Options();
  options.focus = "micro/acre";
  const std::vector<PageElement> page = PageOf(options);
  EXPECT_THAT(RowOf(page, "classes", "run"),
              ElementsAre("run", "context", "11", "44.00", "39.03 to 48.97", "+3.00", "+0.52 to +5.48"));
  EXPECT_THAT(RowOf(page, "classes", kNasty),
              ElementsAre(kNasty, "pose", "10", "24.00", "19.03 to 28.97", "+3.00", "+0.52 to +5.48"));
  std::vector<std::string> order;
  for (const PageElement& element : page) {
    if (element.name == "th" && (element.text == "run" || element.text == kNasty))
      order.push_back(element.text);
  }
  ASSERT_GE(order.size(), 2);
  EXPECT_EQ(order[0], "run");
}

TEST(Report, OnlyTheBestIsCalledTheBest) {
  ReportOptions options = Options();
  EXPECT_THAT(Report(Results(), options)->summary,
              StartsWith("my/own <b> has the best frame-mAP shown, 60.00 %"));
  options.focus = "micro/acre";
  EXPECT_THAT(Report(Results(), options)->summary,
              StartsWith("micro/acre has a frame-mAP of 34.00 %, +3.00 points over micro/none"));
}

TEST(Report, EveryRunIsListedWithItsOrigin) {
  const std::vector<PageElement> page = PageOf(Options());
  EXPECT_THAT(RowOf(page, "runs", "r1"),
              ElementsAre("r1", "micro/none", "0", "30.0000", ::testing::_, "da7ada7ada7a", "3e164750",
                          "c0ffee", "CPU: Test & Co", "2026-01-02", "0", "60", "yes"));
  EXPECT_THAT(RowOf(page, "runs", "r7"), Contains("my/own <b>"));
}

TEST(Report, ExperimentsWithoutDetectionsAreListed) {
  const std::vector<PageElement> page = PageOf(Options());
  EXPECT_THAT(
      RowOf(page, "detections", "my/own <b>"),
      ElementsAre("my/own <b>",
                  HasSubstr("my/own <b> seed 0: its detections and ground truth are not in the folder "
                            "of its run"),
                  HasSubstr("--experiment=my/own <b> ")));
}

TEST(Report, NothingAndEverythingCarryTheirCounts) {
  ResultSet results = Results();
  Result& result = results.experiments[1].runs[0].result;
  result.set_frame_map(1);
  result.add_counts("2 of 2 boxes are found by 4 scored detections on 1 keyframe");
  const auto document = Report(results, Options());
  ASSERT_TRUE(document.ok()) << document.status();
  const auto html = ToHtml(*document);
  EXPECT_THAT(*html, HasSubstr("frame-mAP 100.00: 2 of 2 boxes are found by 4 scored detections"));
  const auto page = ReadPage(*html);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(FaultsOf(*page), IsEmpty());
}

TEST(Report, ARowOfAnotherConfigurationIsLeftOut) {
  ResultSet results = Results();
  for (ReportedRun& run : results.experiments[1].runs) run.result.set_config_fingerprint("0123");
  const auto document = Report(results, Options());
  ASSERT_TRUE(document.ok()) << document.status();
  const auto html = ToHtml(*document);
  const auto page = ReadPage(*html);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(RowOf(*page, "table-table4_micro", "ACRE"), Contains("not run"));
  EXPECT_THAT(*html, HasSubstr("micro/acre: 3 results of another configuration"));
  EXPECT_THAT(FaultsOf(*page), IsEmpty());
}

TEST(Report, ResultsWithoutGroundTruthSeedsOrCountsStillMakeAPage) {
  ResultSet results;
  Result bare;
  bare.set_experiment("bare");
  results.experiments.push_back({"bare", {{"", bare}}, std::nullopt});
  const auto document = Report(results, Options());
  ASSERT_TRUE(document.ok()) << document.status();
  const auto html = ToHtml(*document);
  const auto page = ReadPage(*html);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(FaultsOf(*page), IsEmpty());
  EXPECT_THAT(*html, HasSubstr("No class has ground truth"));
}

TEST(Report, UnknownNamesAreErrors) {
  ReportOptions options = Options();
  options.baseline = "micro/nine";
  EXPECT_EQ(
      Report(Results(), options).status().message(),
      "--baseline=micro/nine: no result of this experiment; there are micro/none, micro/acre, my/own <b>");
  options = Options();
  options.tables = {"table9"};
  EXPECT_THAT(std::string(Report(Results(), options).status().message()),
              HasSubstr("unknown table 'table9'"));
}

}  // namespace
}  // namespace mrsn::experiments

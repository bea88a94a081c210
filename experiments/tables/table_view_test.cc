#include "experiments/tables/table_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "experiments/config/config.h"
#include "experiments/tables/render.h"
#include "experiments/tables/table_manifest.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

constexpr char kTable[] =
    "id: \"t\" caption: \"Two rows\" metric: FRAME_MAP_50 paper_data: \"AVA\" measured_data: \"micro\"\n"
    "decimals: 2 gains: true by_kind: true columns: \"ACRE\"\n"
    "row { label: \"none\" paper: 20.94 experiment: \"none\" cells: \"\" }\n"
    "row { label: \"ACRE\" paper: 22.35 experiment: \"acre\" cells: \"y\" }\n";

class TableViewTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = absl::StrCat(std::getenv("TEST_TMPDIR"), "/",
                         ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(root_);
    Write("configs/none", "model { slow_only {} mrsn {} } train { batch_norm: TRAINED }");
    Write("configs/acre", "base: \"none\" model { mrsn { acre {} } }");
    Write("t", kTable);
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(root_ + "/" + name + ".textproto", text).ok());
  }

  void WriteResult(const std::string& experiment, int seed, double frame_map, double pose,
                   const std::string& more = "official: true") {
    const auto resolved = LoadExperiment(root_ + "/configs", experiment);
    ASSERT_TRUE(resolved.ok()) << resolved.status();
    Write(absl::StrCat("results/", experiment, "/seed", seed),
          absl::StrFormat("experiment: \"%s\" seed: %d config_fingerprint: \"%s\" frame_map: %g protocol: "
                          "\"official_2019\" iou_threshold: 0.5 date: \"2026-01-02\" device: \"CPU\" commit: "
                          "\"abc\" data_fingerprint: \"d\" by_kind { kind: \"pose\" mean_ap: %g } "
                          "parameters { total: 12400000 head: 340000 } "
                          "multiply_adds { total: 5570000000 head: 12300000 setting: \"3 boxes\" } %s",
                          experiment, seed, resolved->fingerprint, frame_map, pose, more));
  }

  std::string Markdown(TablePart part = TablePart::kAll) {
    const auto table = ReadTable(root_, "t");
    if (!table.ok()) return Shown(table.status());
    const auto view =
        ViewTable(*table, {root_ + "/configs", root_ + "/results", root_ + "/counts.textproto"}, part);
    return view.ok() ? ToMarkdown(*view) : Shown(view.status());
  }

  std::string Shown(const absl::Status& status) const {
    return absl::StrReplaceAll(status.message(), {{root_, "R"}});
  }

  std::string root_;
};

TEST_F(TableViewTest, NothingRun) {
  EXPECT_EQ(Markdown(),
            "**Two rows**\n\n"
            "One row: `./bazelw run //experiments:train -- --experiment=<experiment>`\n\n"
            "| row | ACRE | paper's mAP, AVA | gain | our mAP, micro | gain | experiment |\n"
            "|---|---|---:|---:|---:|---:|---|\n"
            "| none |  | 20.94 |  | not run |  | `none` |\n"
            "| ACRE | ✓ | 22.35 | +1.41 | not run |  | `acre` |\n"
            "\n**Mean AP by kind of class, micro**\n\n"
            "| row | kinds of classes |\n|---|---:|\n| none | not run |\n| ACRE | not run |\n");
}

TEST_F(TableViewTest, ATableOfOurOwnHasNoPaperColumns) {
  Write("t", absl::StrReplaceAll(kTable,
                                 {{"paper_data: \"AVA\"", ""}, {"paper: 20.94", ""}, {"paper: 22.35", ""}}));
  EXPECT_THAT(Markdown(), HasSubstr("| row | ACRE | our mAP, micro | gain | experiment |\n"
                                    "|---|---|---:|---:|---|\n| none |  | not run |  |"));
}

TEST_F(TableViewTest, TheCommandHasTheManifestsFlags) {
  Write("t", absl::StrCat(kTable, "command_flags: \"--data_root=<folder>\""));
  EXPECT_THAT(Markdown(), HasSubstr("--experiment=<experiment> --data_root=<folder>`"));
}

TEST_F(TableViewTest, TwoSeedsOfBothRows) {
  // none 40, 44: mean 42, s = 2.828, s.e. 2. acre 50, 56: mean 53, s.e. 3. Differences
  // 10, 12: mean 11, s.e. 1, though the rows' own errors would give 3.6.
  WriteResult("none", 0, 0.40, 0.5);
  WriteResult("none", 1, 0.44, 0.7);
  WriteResult("acre", 0, 0.50, 0.9);
  WriteResult("acre", 1, 0.56, 0.9);
  EXPECT_EQ(
      Markdown(),
      "**Two rows**\n\n"
      "One row: `./bazelw run //experiments:train -- --experiment=<experiment>`\n\n"
      "| row | ACRE | paper's mAP, AVA | gain | our mAP, micro | gain | experiment |\n"
      "|---|---|---:|---:|---:|---:|---|\n"
      "| none |  | 20.94 |  | 42.00 ± 2.00, n=2 |  | `none` |\n"
      "| ACRE | ✓ | 22.35 | +1.41 | 53.00 ± 3.00, n=2 | +11.00 ± 1.00, n=2 | `acre` |\n"
      "\n**Mean AP by kind of class, micro**\n\n"
      "| row | pose |\n|---|---:|\n| none | 60.00 ± 10.00, n=2 |\n| ACRE | 90.00 ± 0.00, n=2 |\n"
      "\n**Parameters and multiply-adds**\n\n"
      "| row | M parameters | head's M | head's % of M | GMACs | head's GMACs | head's % of GMACs | counted "
      "on "
      "|\n"
      "|---|---:|---:|---:|---:|---:|---:|---|\n"
      "| none | 12.4 | 0.34 | 2.7 | 5.57 | 0.0123 | 0.22 | 3 boxes |\n"
      "| ACRE | 12.4 | 0.34 | 2.7 | 5.57 | 0.0123 | 0.22 | 3 boxes |\n"
      "\n± is the standard error of the mean over n seeds; a gain's is that of the paired differences where "
      "both rows have the same seeds.\n"
      "\nMeasured 2026-01-02 on CPU, commit abc, protocol official\\_2019 at IoU 0.5.\n");
}

TEST_F(TableViewTest, ANoteNamesThePrecisionOfRowsThatWereNotComputedInFloat32) {
  WriteResult("none", 0, 0.40, 0.5, "official: true precision: \"float32\"");
  WriteResult("none", 1, 0.44, 0.7);
  EXPECT_THAT(Markdown(), ::testing::Not(HasSubstr("computed in")));
  WriteResult("acre", 0, 0.50, 0.9, "official: true precision: \"bfloat16\"");
  WriteResult("acre", 1, 0.56, 0.9, "official: true precision: \"tf32\"");
  EXPECT_THAT(Markdown(), HasSubstr("\nacre: computed in bfloat16 and tf32.\n"));
}

TEST_F(TableViewTest, NothingAndEverythingCarryTheirCounts) {
  WriteResult("none", 0, 0.40, 0.5, "official: true counts: \"1 of 2 boxes is found\"");
  WriteResult("acre", 0, 1, 0.9,
              "official: true counts: \"2 of 2 boxes are found\" counts: \"1 of 24 classes has boxes\"");
  WriteResult("acre", 1, 0, 0.9, "official: true per_class { id: 1 ap: 0 num_gt: 2 }");
  const std::string text = Markdown();
  EXPECT_THAT(text, HasSubstr("\nacre seed 0: frame-mAP 100.00: 2 of 2 boxes are found; 1 of 24 classes has "
                              "boxes.\n"));
  EXPECT_THAT(text, HasSubstr("\nacre seed 1: frame-mAP 0.00: 2 boxes of 1 of 1 classes; the hits were not "
                              "recorded.\n"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("none seed 0: frame-mAP")));
}

TEST_F(TableViewTest, TheSummaryHasFourColumns) {
  WriteResult("none", 0, 0.40, 0.5);
  WriteResult("none", 1, 0.44, 0.7);
  EXPECT_EQ(Markdown(TablePart::kSummary),
            "**Two rows**\n\n"
            "| row | paper's mAP, AVA | our mAP, micro | our gain |\n"
            "|---|---:|---:|---:|\n"
            "| none | 20.94 | 42.00 ± 2.00, n=2 |  |\n"
            "| ACRE | 22.35 | not run |  |\n");
  // With the same seeds in all rows one note says their number.
  WriteResult("acre", 0, 0.50, 0.9);
  WriteResult("acre", 1, 0.56, 0.9);
  EXPECT_EQ(Markdown(TablePart::kSummary),
            "**Two rows**\n\n"
            "| row | paper's mAP, AVA | our mAP, micro | our gain |\n"
            "|---|---:|---:|---:|\n"
            "| none | 20.94 | 42.00 ± 2.00 |  |\n"
            "| ACRE | 22.35 | 53.00 ± 3.00 | +11.00 ± 1.00 |\n"
            "\nMeans and standard errors over 2 seeds; a gain's error is that of the differences paired by "
            "seed.\n");
}

TEST_F(TableViewTest, SpeedsAreAGridOfTheirOwn) {
  Write("t", absl::StrCat(kTable, "speed: true"));
  const auto resolved = LoadExperiment(root_ + "/configs", "acre");
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  Write("results/acre/speed",
        absl::StrFormat("experiment: \"acre\" config_fingerprint: \"%s\" clips_per_second: 12.34 rounds: 7 "
                        "setting: \"1 thread\" device: \"CPU\" date: \"2026-01-02\" commit: \"abc\"",
                        resolved->fingerprint));
  EXPECT_EQ(
      Markdown(TablePart::kSpeed),
      "**Clips per second, micro**\n\n"
      "| row | clips/s |\n|---|---:|\n| none | not run |\n| ACRE | 12.3 |\n"
      "\nClips/s: model alone, rows in turn in one process: 1 thread, median of 7 rounds, 2026-01-02 on "
      "CPU, commit abc.\n");
  EXPECT_THAT(Markdown(TablePart::kAll), HasSubstr("| ACRE | 12.3 |"));
  EXPECT_THAT(Markdown(TablePart::kScores), ::testing::Not(HasSubstr("clips/s")));
}

TEST_F(TableViewTest, OneSeedHasNoError) {
  WriteResult("none", 0, 0.40, 0.5);
  WriteResult("acre", 0, 0.50, 0.9);
  const std::string text = Markdown();
  EXPECT_THAT(text, HasSubstr("| 40.00, n=1 |"));
  EXPECT_THAT(text, HasSubstr("| 50.00, n=1 | +10.00, n=1 |"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("±")));
}

TEST_F(TableViewTest, OtherConfigsAndOverridesDoNotCount) {
  WriteResult("none", 0, 0.40, 0.5, "official: false");
  WriteResult("acre", 0, 0.50, 0.9);
  Write("configs/acre", "base: \"none\" model { mrsn { acre { layers: 2 } } }");  // changed since
  const std::string text = Markdown();
  EXPECT_THAT(text, ::testing::Not(HasSubstr("n=1")));
  EXPECT_THAT(text, HasSubstr("none: 1 result of another configuration or with overrides left out."));
  EXPECT_THAT(text, HasSubstr("acre: 1 result of another configuration or with overrides left out."));
}

TEST_F(TableViewTest, OtherDataIsPointedOut) {
  WriteResult("none", 0, 0.40, 0.5);
  WriteResult("none", 1, 0.40, 0.5);
  const std::string path = root_ + "/results/none/seed1.textproto";
  const std::string text = *ReadFile(path);
  ASSERT_TRUE(WriteFileAtomically(
                  path, absl::StrReplaceAll(text, {{"data_fingerprint: \"d\"", "data_fingerprint: \"e\""}}))
                  .ok());
  EXPECT_THAT(Markdown(),
              HasSubstr("Careful: the rows were measured on different versions of the data: d, e."));
}

TEST_F(TableViewTest, BadManifests) {
  Write("t", absl::StrReplaceAll(kTable, {{"paper: 22.35", "paper: 2235"}}));
  EXPECT_EQ(Markdown(), "R/t.textproto:4:21: row[1].paper: 2235; allowed: percent, 0..100");
  Write("t", absl::StrReplaceAll(kTable, {{"cells: \"y\"", ""}}));
  EXPECT_EQ(Markdown(), "R/t.textproto:4:1: row[1].cells: 0 cells under 1 columns");
  Write("t", absl::StrReplaceAll(kTable, {{"paper_data: \"AVA\"", ""}}));
  EXPECT_EQ(Markdown(), "R/t.textproto: paper_data: not set, but row[0] has a paper value");
  Write("t", absl::StrReplaceAll(kTable, {{"caption: \"Two rows\"", ""}}));
  EXPECT_EQ(Markdown(), "R/t.textproto: caption: not set");
  Write("t", absl::StrReplaceAll(kTable, {{"experiment: \"acre\"", "experiment: \"arce\""}}));
  EXPECT_EQ(Markdown(),
            "unknown experiment 'arce': there is no R/configs/arce.textproto; did you mean acre?");
}

TEST_F(TableViewTest, UnknownTableNamesTheOthers) {
  EXPECT_EQ(Shown(ReadTable(root_, "u").status()),
            "unknown table 'u': there is no R/u.textproto; there are t");
}

TEST_F(TableViewTest, BadResults) {
  WriteResult("none", 0, 1.5, 0.5);
  EXPECT_EQ(Markdown(), "R/results/none/seed0.textproto: frame_map is 1.5; allowed: 0..1");
  Write("results/none/seed0", "experiment: \"acre\" seed: 0");
  EXPECT_EQ(Markdown(), "R/results/none/seed0.textproto: experiment is \"acre\", its folder says \"none\"");
  Write("results/none/seed0", "experiment: \"none\" seed: 3");
  EXPECT_EQ(Markdown(), "R/results/none/seed0.textproto: seed is 3, the file's name says another");
}

}  // namespace
}  // namespace mrsn::experiments

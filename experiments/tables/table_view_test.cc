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
#include "experiments/tables/result_files.h"
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
    Write("configs/none", "model { slow_only {} mrsn {} }");
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

  std::string Markdown() {
    const auto table = ReadTable(root_, "t");
    if (!table.ok()) return Shown(table.status());
    const auto view =
        ViewTable(*table, {root_ + "/configs", root_ + "/results", root_ + "/counts.textproto"});
    return view.ok() ? ToMarkdown(*view) : Shown(view.status());
  }

  std::string Shown(const absl::Status& status) const {
    return absl::StrReplaceAll(status.message(), {{root_, "R"}});
  }

  std::string root_;
};

TEST_F(TableViewTest, NothingRun) {
  EXPECT_EQ(
      Markdown(),
      "**Two rows**\n\n"
      "| row | ACRE | paper's mAP, AVA | gain | our mAP, micro | gain | M parameters (head) | GMACs (head) | "
      "command |\n"
      "|---|---|---:|---:|---:|---:|---:|---:|---|\n"
      "| none |  | 20.94 |  | not run |  |  |  | `./bazelw run //experiments:train -- --experiment=none` |\n"
      "| ACRE | ✓ | 22.35 | +1.41 | not run |  |  |  | `./bazelw run //experiments:train -- "
      "--experiment=acre` |\n"
      "\n**Mean AP by kind of class, micro**\n\n"
      "| row | kinds of classes |\n|---|---:|\n| none | not run |\n| ACRE | not run |\n");
}

TEST_F(TableViewTest, ATableOfOurOwnHasNoPaperColumns) {
  Write("t", absl::StrReplaceAll(kTable,
                                 {{"paper_data: \"AVA\"", ""}, {"paper: 20.94", ""}, {"paper: 22.35", ""}}));
  EXPECT_THAT(Markdown(),
              HasSubstr("| row | ACRE | our mAP, micro | gain | M parameters (head) | GMACs (head) | "
                        "command |\n|---|---|---:|---:|---:|---:|---|\n| none |  | not run |  |"));
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
      "| row | ACRE | paper's mAP, AVA | gain | our mAP, micro | gain | M parameters (head) | GMACs (head) | "
      "command |\n"
      "|---|---|---:|---:|---:|---:|---:|---:|---|\n"
      "| none |  | 20.94 |  | 42.00 ± 2.00, n=2 |  | 12.4 (0.34, 2.7 %) | 5.57 (0.0123, 0.22 %) | `./bazelw "
      "run "
      "//experiments:train -- --experiment=none` |\n"
      "| ACRE | ✓ | 22.35 | +1.41 | 53.00 ± 3.00, n=2 | +11.00 ± 1.00, n=2 | 12.4 (0.34, 2.7 %) | 5.57 "
      "(0.0123, 0.22 %) | "
      "`./bazelw run //experiments:train -- --experiment=acre` |\n"
      "\n**Mean AP by kind of class, micro**\n\n"
      "| row | pose |\n|---|---:|\n| none | 60.00 ± 10.00, n=2 |\n| ACRE | 90.00 ± 0.00, n=2 |\n"
      "\n± is the standard error of the mean over n seeds; a gain's is that of the paired differences where "
      "both rows have the same seeds.\n"
      "\nMeasured 2026-01-02 on CPU, commit abc, protocol official\\_2019 at IoU 0.5.\n"
      "\nGMACs: 3 boxes.\n");
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

TEST(ReadResults, SeedsInNumericOrder) {
  const std::string root = absl::StrCat(std::getenv("TEST_TMPDIR"), "/seeds");
  for (int seed : {10, 9, 2}) {
    ASSERT_TRUE(WriteFileAtomically(absl::StrCat(root, "/a/b/seed", seed, ".textproto"),
                                    absl::StrCat("experiment: \"a/b\" seed: ", seed))
                    .ok());
  }
  const auto results = ReadResults(root, "a/b");
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 3);
  EXPECT_EQ((*results)[0].seed(), 2);
  EXPECT_EQ((*results)[1].seed(), 9);
  EXPECT_EQ((*results)[2].seed(), 10);
}

TableView SmallView() {
  return {"t",
          {{"Caption",
            {{"row"}, {"mAP", true}, {"command", false, true}},
            {{"a", "5 ± 1", "x"}, {"bcd", "12", ""}}}},
          {"A note."}};
}

TEST(ToTerminal, AlignsColumnsAndLeavesCommandsOut) {
  EXPECT_EQ(ToTerminal(SmallView()),
            "Caption\n"
            "row    mAP\n"
            "---  -----\n"
            "a    5 ± 1\n"
            "bcd     12\n"
            "\nA note.\n");
}

TEST(ToJson, NamesEveryCell) {
  EXPECT_EQ(ToJson(SmallView()),
            R"({
  "id": "t",
  "tables": [
    {
      "caption": "Caption",
      "rows": [
        {
          "row": "a",
          "mAP": "5 ± 1",
          "command": "x"
        },
        {
          "row": "bcd",
          "mAP": "12",
          "command": ""
        }
      ]
    }
  ],
  "notes": [
    "A note."
  ]
}
)");
}

TEST(CommandsOf, OnlyRowsThatHaveOne) { EXPECT_EQ(CommandsOf(SmallView()), "a                         x\n"); }

TEST(ReplaceSection, Replaces) {
  EXPECT_EQ(*ReplaceSection("a\n<!-- begin t -->\nold\n<!-- end -->\nb\n", "t", "new\n"),
            "a\n<!-- begin t -->\nnew\n<!-- end -->\nb\n");
  EXPECT_EQ(ReplaceSection("", "t", "").status().message(), "no line \"<!-- begin t -->\"");
  EXPECT_EQ(ReplaceSection("<!-- begin t -->\n<!-- begin u -->\n<!-- end -->", "t", "").status().message(),
            "no line \"<!-- end -->\" after \"<!-- begin t -->\"");
  EXPECT_EQ(ReplaceSection("<!-- begin t -->\n<!-- end -->\n<!-- begin t -->\n<!-- end -->", "t", "")
                .status()
                .message(),
            "two lines \"<!-- begin t -->\"");
  EXPECT_THAT(SectionIds("x\n<!-- begin t -->\n<!-- end -->\n<!-- begin u -->\n"),
              ::testing::ElementsAre("t", "u"));
}

}  // namespace
}  // namespace mrsn::experiments

// On a difference of the page in the tree: ./bazelw run //ablations:render -- --write
#include "ablations/results_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "ablations/sweep.h"
#include "ablations/sweep_results.h"
#include "ablations/testing/made_up_sweep.h"
#include "absl/strings/str_cat.h"
#include "ops/base/file.h"

namespace mrsn::ablations {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Without its introduction; or the error.
std::string SectionsOf(const std::string& root) {
  const auto page = RenderResultsPage(root);
  if (!page.ok()) return std::string(page.status().message());
  const std::string last_words = "a test compares.\n";
  return page->substr(page->find(last_words) + last_words.size());
}

TEST(ResultsPage, InTheTreeIsWhatTheRecordedResultsGive) {
  const auto rendered = RenderResultsPage(".");
  ASSERT_TRUE(rendered.ok()) << rendered.status();
  EXPECT_EQ(*ReadFile("ablations/RESULTS.md"), *rendered) << "run ./bazelw run //ablations:render -- --write";
}

// A file that no sweep has would go stale unseen.
TEST(ResultsPage, EveryFileOfResultsHasASweep) {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("ablations/results", none)) {
    EXPECT_TRUE(FileExists(absl::StrCat("ablations/", entry.path().filename().string()))) << entry.path();
  }
}

TEST(ResultsPage, WithoutResultsNamesTheSweeps) {
  const MadeUpSweep tree;
  tree.Write("ablations/r", "experiments: \"none\"");
  EXPECT_EQ(SectionsOf(tree.root()), "\nNot run: `r`, `s`.\n");
}

// Frame-mAPs 0.25 and 0.35: mean 30, error sqrt(2 * 5^2) / sqrt(2) = 5. Each run takes 0.5 hours of two
// processes and 0.5 hours of one: 1.5 core-hours.
TEST(ResultsPage, ShowsAPartOfASweep) {
  const MadeUpSweep tree;
  tree.Leave(tree.ResultOf("none@world=1", 0, 0.25));
  tree.Leave(tree.ResultOf("none@world=1", 1, 0.35));
  Result later = tree.ResultOf("acre@world=2", 1, 0.5);
  later.set_commit("c2");
  later.set_device("CPU: two");
  later.set_date("2026-12-01");
  tree.Leave(later);
  tree.Leave(tree.ResultOf("pre", 0, 0.1));
  const auto report = RecordSweep("s", tree.Runs(), {tree.results(), tree.recorded()});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(SectionsOf(tree.root()), R"(
## s

`./bazelw run //ablations:sweep -- --sweep=s`

**Does it help?**

| run | n | frame-mAP | context | actor-actor | M parameters | GMACs |
|---|---:|---:|---:|---:|---:|---:|
| `none@world=1` | 2 | 30.00 ± 5.00 | 30.00 ± 5.00 |  | 0.0524 | 0.0519 |
| `acre@world=2` | 1 of 2 | 50.00 | 50.00 |  | 0.0524 | 0.0519 |

± is the standard error of the mean over n seeds.

Measured 2026-11-30, 2026-12-01 on CPU: one; CPU: two, commit c1, c2, protocol official\_2018 at IoU 0.5.

Points that are not run: none (1), acre (1).

3 of 8 runs are recorded; training and evaluation took 4.5 core-hours. The runs that they start from took 1.5 more: pre.
)");

  // Results of another configuration than the sweep has now are not shown.
  tree.Write("experiments/configs/acre", "base: \"none\" model { mrsn { acre { layers: 2 } } }");
  std::string page = SectionsOf(tree.root());
  EXPECT_THAT(page, Not(HasSubstr("| `acre@world=2` |")));
  EXPECT_THAT(page, HasSubstr("Points that are not run: none (1), acre (2)."));
  EXPECT_THAT(page, HasSubstr("acre@world=2: 1 result of another configuration or with overrides left out."));
  EXPECT_THAT(page,
              HasSubstr("2 of 8 runs are recorded; training and evaluation took 3 core-hours. The runs"));
  tree.Write("experiments/configs/pre",
             "model { slow_only {} mrsn {} } train { batch_norm: TRAINED epochs: 1 }");
  EXPECT_THAT(SectionsOf(tree.root()), HasSubstr("took 0 core-hours. They start from runs that are not "
                                                 "recorded here: pre."));
}

TEST(ResultsPage, OfATableShowsTheTablesResults) {
  const MadeUpSweep tree;
  tree.Write("ablations/s", "table: \"t\"");
  tree.Write("experiments/tables/t",
             "id: \"t\" caption: \"c\" metric: FRAME_MAP_50 measured_data: \"d\" "
             "row { label: \"a\" experiment: \"pre\" }");
  tree.Leave(tree.ResultOf("pre", 0, 0.5));
  const Result result = tree.ResultOf("pre", 0, 0.5);
  tree.Write("experiments/records/results/t",
             absl::StrCat("table: \"t\" experiment { name: \"pre\" run { own { seed: 0 official: true "
                          "commit: \"c\" frame_map: 0.5 config_fingerprint: \"",
                          result.config_fingerprint(), "\" } } }"));
  EXPECT_THAT(SectionsOf(tree.root()), HasSubstr("| `pre` | 1 | 50.00 |"));
}

}  // namespace
}  // namespace mrsn::ablations

// The pages against what the manifests and the results in the tree render to. On a
// difference: ./bazelw run //experiments/tables:render -- --write
#include "experiments/tables/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/tables/table_manifest.h"
#include "experiments/tables/table_view.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

// "line 7: <found> instead of <expected>", or nothing.
std::string FirstDifference(const std::string& found, const std::string& expected) {
  const std::vector<std::string> a = absl::StrSplit(found, '\n'), b = absl::StrSplit(expected, '\n');
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i] != b[i]) return absl::StrCat("line ", i + 1, ": ", a[i], "\ninstead of\n", b[i]);
  }
  return a.size() == b.size() ? "" : absl::StrCat(a.size(), " lines instead of ", b.size());
}

TEST(Pages, ShowWhatIsRendered) {
  std::set<std::string> shown;
  for (const char* page : kPages) {
    const auto text = ReadFile(page);
    ASSERT_TRUE(text.ok()) << text.status();
    for (const std::string& id : SectionIds(*text)) {
      EXPECT_TRUE(shown.insert(id).second)
          << page << " shows " << id << ", and another page or place does, too";
    }
    const auto rendered = RenderPage(*text, ".");
    ASSERT_TRUE(rendered.ok()) << page << ": " << rendered.status();
    EXPECT_EQ(FirstDifference(*text, *rendered), "")
        << page << ": run ./bazelw run //experiments/tables:render -- --write";
  }
  EXPECT_THAT(shown, ::testing::IsSupersetOf({"table4_micro.summary", "table4_micro", "table4", "table1",
                                              "table2", "table3", "heads_micro", "heads_micro.speed"}));
}

TEST(Pages, EveryManifestRenders) {
  int manifests = 0;
  for (const auto& entry : std::filesystem::directory_iterator("experiments/tables")) {
    if (!absl::EndsWith(entry.path().string(), ".textproto")) continue;
    ++manifests;
    const std::string name = entry.path().stem();
    const auto table = ReadTable("experiments/tables", name);
    ASSERT_TRUE(table.ok()) << table.status();
    EXPECT_EQ(table->id(), name);
    const auto view = ViewTable(*table, RecordedSources(".", *table));
    EXPECT_TRUE(view.ok()) << view.status();
  }
  EXPECT_GE(manifests, 5);
}

// A file of a table that nothing shows would go stale unseen.
TEST(Pages, EveryFileOfResultsHasAManifest) {
  for (const auto& entry : std::filesystem::directory_iterator("experiments/records/results")) {
    const std::string name = entry.path().stem();
    EXPECT_TRUE(FileExists(absl::StrCat("experiments/tables/", name, ".textproto"))) << entry.path();
  }
}

TEST(Pages, AnUnknownPartIsNamed) {
  EXPECT_EQ(RenderPage("<!-- begin table4.best -->\n<!-- end -->\n", ".").status().message(),
            "section 'table4.best': allowed: <table>, <table>.summary, <table>.speed");
}

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

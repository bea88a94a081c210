// README.md against what the manifests and the results in the tree render to. On a
// difference: ./bazelw run //experiments/tables:render -- --write
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/tables/render.h"
#include "experiments/tables/table_view.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

TableSources Sources(const Table& table) {
  return {"experiments/configs", ResultsInTree(table, "experiments/records/results"),
          "experiments/records/counts.textproto"};
}

// "line 7: <found> instead of <expected>", or nothing.
std::string FirstDifference(const std::string& found, const std::string& expected) {
  const std::vector<std::string> a = absl::StrSplit(found, '\n'), b = absl::StrSplit(expected, '\n');
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i] != b[i]) return absl::StrCat("line ", i + 1, ": ", a[i], "\ninstead of\n", b[i]);
  }
  return a.size() == b.size() ? "" : absl::StrCat(a.size(), " lines instead of ", b.size());
}

TEST(Tables, ReadmeShowsWhatIsRendered) {
  std::string readme = *ReadFile("README.md");
  const std::vector<std::string> ids = SectionIds(readme);
  EXPECT_THAT(ids, ::testing::IsSupersetOf({"table4_micro", "table4"}));
  for (const std::string& id : ids) {
    const auto table = ReadTable("experiments/tables", id);
    ASSERT_TRUE(table.ok()) << table.status();
    const auto view = ViewTable(*table, Sources(*table));
    ASSERT_TRUE(view.ok()) << view.status();
    const auto rendered = ReplaceSection(readme, id, ToMarkdown(*view));
    ASSERT_TRUE(rendered.ok()) << rendered.status();
    EXPECT_EQ(FirstDifference(readme, *rendered), "")
        << id << ": run ./bazelw run //experiments/tables:render -- --write";
  }
}

TEST(Tables, EveryManifestRenders) {
  int manifests = 0;
  for (const auto& entry : std::filesystem::directory_iterator("experiments/tables")) {
    if (!absl::EndsWith(entry.path().string(), ".textproto")) continue;
    ++manifests;
    const std::string name = entry.path().stem();
    const auto table = ReadTable("experiments/tables", name);
    ASSERT_TRUE(table.ok()) << table.status();
    EXPECT_EQ(table->id(), name);
    const auto view = ViewTable(*table, Sources(*table));
    EXPECT_TRUE(view.ok()) << view.status();
  }
  EXPECT_GE(manifests, 5);
}

}  // namespace
}  // namespace mrsn::experiments

#include "datasets/box_table.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;

// Each visit as "video,timestamp: rows of a + rows of b".
std::vector<std::string> Visits(const BoxTable& a, const BoxTable& b) {
  std::vector<std::string> visits;
  VisitBoth(a, b,
            [&](const Keyframe& keyframe, absl::Span<const BoxRow> of_a, absl::Span<const BoxRow> of_b) {
              visits.push_back(keyframe.video + "," + keyframe.timestamp.Text() + ": " +
                               std::to_string(of_a.size()) + " + " + std::to_string(of_b.size()));
            });
  return visits;
}

// Two pieces of a file, as two threads read them; key frames and videos repeat in both, out of order.
TEST(BoxTableTest, GroupsByKeyFrameAndKeepsTheOrderOfTheFile) {
  formats::CsvContents contents;
  int number = 0;
  const auto add = [&](const char* video, int second) {
    formats::RowBlock& block = contents.blocks.back();
    formats::Row row;
    row.keyframe = block.keyframes.Find(video, second);
    row.box = {32, 24, 160, 120};
    row.class_id = ++number;
    block.rows.push_back(row);
    ++contents.num_rows;
  };
  contents.blocks.emplace_back();
  add("b", 903);
  add("b", 902);
  add("a", 902);
  contents.blocks.emplace_back();  // a piece without a row
  contents.blocks.back().keyframes.Find("c", 5);
  contents.blocks.emplace_back();
  add("a", 902);
  add("b", 903);
  add("b", 903);
  const BoxTable table(contents, {320, 240});
  EXPECT_THAT(table.keyframes(),
              ElementsAre(Keyframe{"a", 902}, Keyframe{"b", 902}, Keyframe{"b", 903}, Keyframe{"c", 5}));
  EXPECT_EQ(table.num_rows(), 6);
  std::vector<std::vector<int>> classes(4);
  for (size_t i = 0; i < 4; ++i) {
    for (const BoxRow& row : table.rows(i)) classes[i].push_back(row.class_id);
  }
  EXPECT_THAT(classes, ElementsAre(ElementsAre(3, 4), ElementsAre(2), ElementsAre(1, 5, 6), ElementsAre()));
  EXPECT_FLOAT_EQ(table.rows(0)[0].box.x1, 0.1f);
  EXPECT_FLOAT_EQ(table.rows(0)[0].box.y2, 0.5f);
  EXPECT_THAT(VideosOf(table), ElementsAre("a", "b", "c"));
}

TEST(BoxTableTest, VisitsTheKeyFramesOfBoth) {
  const BoxTable a(std::vector<BoxTable::NamedRow>{{{"v", 3}, {}}, {{"v", 1}, {}}, {{"w", 1}, {}}});
  const BoxTable b(
      std::vector<BoxTable::NamedRow>{{{"v", 3}, {}}, {{"u", 9}, {}}, {{"v", 3}, {}}, {{"v", 2}, {}}});
  EXPECT_THAT(Visits(a, b),
              ElementsAre("u,9: 0 + 1", "v,1: 1 + 0", "v,2: 0 + 1", "v,3: 1 + 2", "w,1: 1 + 0"));
  EXPECT_THAT(Visits({}, a), ElementsAre("v,1: 0 + 1", "v,3: 0 + 1", "w,1: 0 + 1"));
  EXPECT_THAT(Visits(a, {}), ElementsAre("v,1: 1 + 0", "v,3: 1 + 0", "w,1: 1 + 0"));
  EXPECT_THAT(Visits({}, {}), ElementsAre());
}

}  // namespace
}  // namespace mrsn::datasets

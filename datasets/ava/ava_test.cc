// AVA files and the key frames made of them.
#include <map>

#include "datasets/ava/ava_files.h"
#include "datasets/ava/ava_keyframes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/test_data/test_data.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Write(const std::string& contents) {
  const std::string path = ::testing::TempDir() + "ava_test.csv";
  EXPECT_TRUE(WriteFileAtomically(path, contents).ok());
  return path;
}

TEST(AvaFilesTest, Annotations) {
  // A byte order mark, both kinds of line ends, an unpadded second, a frame without persons.
  const auto rows = ReadAvaAnnotations(Write(
      "\xEF\xBB\xBF-5KQ66BBWC4,0902,0.077,0.151,0.283,0.811,80,1\r\n\nvideo,903\nvideo,1798,0,0,1,1,12,40"));
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 2);
  EXPECT_EQ((*rows)[0].keyframe.video, "-5KQ66BBWC4");
  EXPECT_EQ((*rows)[0].keyframe.timestamp, 902);
  EXPECT_FLOAT_EQ((*rows)[0].box.y2, 0.811f);
  EXPECT_EQ((*rows)[0].class_id, 80);
  EXPECT_EQ((*rows)[1].person_id, 40);
}

TEST(AvaFilesTest, BadRowsNameFileLineAndField) {
  const struct {
    const char* row;
    const char* message;
  } cases[] = {
      {"v,0902,0,0,1,1", "ava_test.csv:2: 6 columns, expected 7 or 8"},
      {"v,0901,0,0,1,1,12,0", "'0901': keyframe outside 902..1798"},
      {"v,x,0,0,1,1,12,0", "column 2 (timestamp) is 'x'"},
      {"v,0902,0,nan,1,1,12,0", "column 4 (y1) is 'nan'"},
      {"v,0902,0.5,0,0.4,1,12,0", "ground truth box '0.5,0,0.4,1' has x2 < x1"},
      {"v,0902,0,0,1,1,walk,0", "column 7 (class) is 'walk'"},
      {"v,0902,0.5,0,0.5,1,12,0", "ground truth box of no area"},
      {"v,902.5,0,0,1,1,12,0", "'902.5': keyframe that is no whole second"},
      {"v,0902,0,0,1,1,12,0.5", "column 8 (person id) is '0.5'"},
      {",0902,0,0,1,1,12,0", "column 1 (video) is ''"},
  };
  for (const auto& bad : cases) {
    const auto rows = ReadAvaAnnotations(Write(std::string("ok,0902,0,0,1,1,12,0\n") + bad.row + "\n"));
    EXPECT_THAT(std::string(rows.status().message()), HasSubstr(bad.message)) << bad.row;
  }
  EXPECT_FALSE(ReadAvaAnnotations("/nowhere.csv").ok());
}

TEST(AvaFilesTest, BoxLists) {
  const auto rows = ReadAvaBoxes(Write("v,0902,0.1,0.2,0.3,0.4,,0.995\nv,902,0.1,0.2,0.3,0.4,-1,0.5\n"));
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 2);
  EXPECT_FLOAT_EQ((*rows)[0].score, 0.995f);
  // The well-known mistake: annotations, whose last column is a person's number.
  EXPECT_THAT(std::string(ReadAvaBoxes(Write("v,0902,0.1,0.2,0.3,0.4,12,7\n")).status().message()),
              HasSubstr("'7': score outside 0..1"));
}

TEST(AvaFilesTest, BothDialectsOfLabelMaps) {
  const auto items = ReadLabelMap(
      Write("item {\n  name: \"bend/bow (at the waist)\"\n  id: 1\n}\nitem {\n  name: \"x\"\n  id: 3\n}\n"));
  ASSERT_TRUE(items.ok()) << items.status();
  ASSERT_EQ(items->size(), 2);
  EXPECT_EQ((*items)[0].name, "bend/bow (at the waist)");
  EXPECT_EQ((*items)[1].id, 3);
  const auto labels =
      ReadLabelMap(Write("label {\n  name: \"sit\"\n  label_id: 11\n  label_type: PERSON_MOVEMENT\n}\n"));
  ASSERT_TRUE(labels.ok()) << labels.status();
  EXPECT_EQ((*labels)[0].id, 11);
  EXPECT_EQ((*labels)[0].kind, "pose");
}

TEST(AvaFilesTest, BadLabelMaps) {
  EXPECT_THAT(std::string(ReadLabelMap(Write("item {\n  nmae: \"x\"\n}\n")).status().message()),
              HasSubstr(":2: found 'nmae"));
  EXPECT_THAT(std::string(ReadLabelMap(Write("item {\n  name: \"x\"\n}\n")).status().message()),
              HasSubstr(":3: "));
  EXPECT_THAT(std::string(ReadLabelMap(Write("")).status().message()), HasSubstr("no class found"));
  EXPECT_THAT(
      std::string(ReadLabelMap(Write("item {\nname: \"x\"\nid: 1\n}\nitem {\nname: \"y\"\nid: 1\n}\n"))
                      .status()
                      .message()),
      HasSubstr("id 1 occurs a second time"));
}

// The published files: the evaluated classes are a subset of all, under the same names.
TEST(AvaFilesTest, PublishedLabelMaps) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const std::string folder = TestData("ava/official_v2.2/");
  const auto all = ReadLabelMap(folder + "ava_action_list_v2.2.pbtxt");
  const auto evaluated = ReadLabelMap(folder + "ava_action_list_v2.2_for_activitynet_2019.pbtxt");
  ASSERT_TRUE(all.ok() && evaluated.ok()) << all.status() << evaluated.status();
  ASSERT_EQ(all->size(), 80);
  ASSERT_EQ(evaluated->size(), 60);
  std::map<std::string, int> kinds;
  for (int i = 0; i < 80; ++i) {
    EXPECT_EQ((*all)[i].id, i + 1);
    ++kinds[(*all)[i].kind];
  }
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"pose", 14}, {"person-object", 49}, {"person-person", 17}}));
  for (const ActionClass& action : *evaluated) EXPECT_EQ((*all)[action.id - 1].name, action.name);
}

TEST(AvaFilesTest, PublishedExcludedKeyframes) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const auto published = ReadAvaExcluded(TestData("ava/official_v2.2/ava_val_excluded_timestamps_v2.2.csv"));
  ASSERT_TRUE(published.ok()) << published.status();
  EXPECT_EQ(published->size(), 37);  // its lines
  EXPECT_EQ(published->count({"5BDj0ow5hnA", 1038}), 1);
}

TEST(AvaFilesTest, ExcludedKeyframes) {
  const auto excluded = ReadAvaExcluded(Write("v,0902\nv,1038\nw,902\n"));
  ASSERT_TRUE(excluded.ok()) << excluded.status();
  EXPECT_EQ(excluded->size(), 3);
  EXPECT_EQ(excluded->count({"v", 1038}), 1);
  EXPECT_EQ(excluded->count({"w", 902}), 1);
  EXPECT_THAT(std::string(ReadAvaExcluded(Write("v,0902\nv,0902,1\n")).status().message()),
              HasSubstr("ava_test.csv:2: expected 2 columns, video,timestamp"));
  EXPECT_THAT(std::string(ReadAvaExcluded(Write("v,1\n")).status().message()),
              HasSubstr("'1': keyframe outside 902..1798"));
}

const std::vector<ActionClass> kClasses = {{3, "run", ""}, {11, "sit", ""}, {12, "stand", ""}};
const Box kLeft = {0, 0, 0.5f, 1}, kRight = {0.5f, 0, 1, 1};

TEST(AvaKeyframesTest, RowsOfOnePersonBecomeOneActor) {
  const std::vector<AnnotatedBox> rows = {{{"b", 903}, kLeft, 12, 0},
                                          {{"a", 902}, kLeft, 12, 5},
                                          {{"a", 902}, kRight, 11, 6},
                                          {{"a", 902}, kLeft, 3, 5}};
  const std::vector<DetectedBox> boxes = {{{"a", 902}, {0, 0, 0.5f, 0.9f}, 0.2f}, {{"c", 902}, kLeft, 0.9f}};
  AvaKeyframeOptions options;
  std::vector<std::string> videos;
  const auto records = MakeAvaKeyframes(rows, boxes, kClasses, options, &videos);
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_THAT(videos, ElementsAre("a", "b"));
  ASSERT_EQ(records->size(), 2);  // a box list alone makes no key frame
  const KeyframeRecord& first = (*records)[0];
  EXPECT_EQ(first.keyframe.video, "a");
  EXPECT_EQ(first.video, 0);
  EXPECT_EQ(first.centre, 60);  // second 902 at 30 frames a second
  EXPECT_EQ(first.annotations.size(), 3);
  ASSERT_EQ(first.actors.size(), 3);  // two persons, one proposal with IoU 0.9
  EXPECT_THAT(first.actors[0].labels, ElementsAre(0, 2));
  EXPECT_THAT(first.actors[1].labels, ElementsAre(1));
  EXPECT_THAT(first.actors[2].labels, ElementsAre(0, 2));
  EXPECT_EQ((*records)[1].video, 1);
  EXPECT_EQ((*records)[1].centre, 90);
}

TEST(AvaKeyframesTest, InferenceUsesDetectedBoxesOnly) {
  AvaKeyframeOptions options;
  options.usage = Usage::kInference;
  options.frames_per_second = 4;
  std::vector<std::string> videos;
  const auto records =
      MakeAvaKeyframes({{{"a", 904}, kLeft, 12, 0}, {{"a", 905}, kLeft, 12, 0}},
                       {{{"a", 904}, kRight, 0.86f}, {{"a", 904}, kLeft, 0.85f}}, kClasses, options, &videos);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ((*records)[0].actors.size(), 1);
  EXPECT_TRUE((*records)[0].actors[0].box == kRight);
  EXPECT_THAT((*records)[0].actors[0].labels, IsEmpty());
  EXPECT_EQ((*records)[0].centre, 16);
  EXPECT_THAT((*records)[1].actors, IsEmpty());
}

TEST(AvaKeyframesTest, WithoutBoxListInferenceHasUnlabelledGroundTruth) {
  AvaKeyframeOptions options;
  options.usage = Usage::kInference;
  options.has_boxes = false;
  std::vector<std::string> videos;
  const auto records = MakeAvaKeyframes({{{"a", 904}, kLeft, 12, 3}, {{"a", 904}, kLeft, 11, 3}}, {},
                                        kClasses, options, &videos);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ((*records)[0].actors.size(), 1);
  EXPECT_TRUE((*records)[0].actors[0].box == kLeft);
  EXPECT_THAT((*records)[0].actors[0].labels, IsEmpty());
}

TEST(AvaKeyframesTest, UnknownAction) {
  std::vector<std::string> videos;
  const auto records = MakeAvaKeyframes({{{"a", 904}, kLeft, 99, 0}}, {}, kClasses, {}, &videos);
  EXPECT_THAT(std::string(records.status().message()),
              HasSubstr("a,904: action_id 99 is not in the label map"));
}

}  // namespace
}  // namespace mrsn::datasets

// AVA files and the key frames made of them.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "datasets/ava/ava_files.h"
#include "datasets/ava/ava_keyframes.h"
#include "datasets/proposals.h"
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
  const auto table = ReadAvaAnnotations(Write(
      "\xEF\xBB\xBF-5KQ66BBWC4,0902,0.077,0.151,0.283,0.811,80,1\r\n\nvideo,903\nvideo,1798,0,0,1,1,12,40"));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->keyframes(),
              ElementsAre(Keyframe{"-5KQ66BBWC4", 902}, Keyframe{"video", 903}, Keyframe{"video", 1798}));
  ASSERT_EQ(table->num_rows(), 2);
  EXPECT_FLOAT_EQ(table->rows(0)[0].box.y2, 0.811f);
  EXPECT_EQ(table->rows(0)[0].class_id, 80);
  EXPECT_THAT(table->rows(1), IsEmpty());
  EXPECT_EQ(table->rows(2)[0].person_id, 40);
}

TEST(AvaFilesTest, SecondsOfOnesOwn) {
  const KeyframeNames names = {formats::Timestamps::kAvaSeconds, 1, 7};
  const std::string rows = "v,1,0,0,1,1,12,0\nv,0007,0,0,1,1,12,0\n";
  EXPECT_EQ(ReadAvaAnnotations(Write(rows), names)->num_rows(), 2);
  EXPECT_THAT(std::string(ReadAvaAnnotations(Write(rows)).status().message()),
              HasSubstr("ava_test.csv:1: '1': keyframe outside 902..1798"));
  EXPECT_THAT(std::string(ReadAvaBoxes(Write("v,8,0,0,1,1,,0.9\n"), names).status().message()),
              HasSubstr("ava_test.csv:1: '8': keyframe outside first_keyframe_second..last_keyframe_second"));
  EXPECT_EQ(ReadAvaExcluded(Write("v,7\n"), names)->size(), 1);
  EXPECT_THAT(std::string(ReadAvaExcluded(Write("v,0\n"), names).status().message()),
              HasSubstr("'0': keyframe outside first_keyframe_second..last"));
}

TEST(AvaFilesTest, FractionsOfASecond) {
  const Timestamp half = Timestamp::Nearest(902.5);
  const auto table = ReadAvaAnnotations(Write(
      "v,902.50,0,0,1,1,12,0\nv,0903,0,0,1,1,12,0\nv,0902.5,0,0,1,1,80,0\nv,902.25\nv,0902,0,0,1,1,3,0\n"));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->keyframes(), ElementsAre(Keyframe{"v", 902}, Keyframe{"v", Timestamp::Nearest(902.25)},
                                              Keyframe{"v", half}, Keyframe{"v", 903}));
  ASSERT_EQ(table->rows(2).size(), 2);  // in the order of the file
  EXPECT_EQ(table->rows(2)[0].class_id, 12);
  EXPECT_EQ(table->rows(2)[1].class_id, 80);
  const auto boxes = ReadAvaBoxes(Write("v,0902,0,0,1,1,,1\nv,902.5,0,0,1,1,,0.5\n"));
  ASSERT_TRUE(boxes.ok()) << boxes.status();
  EXPECT_THAT(boxes->keyframes(), ElementsAre(Keyframe{"v", 902}, Keyframe{"v", half}));
  EXPECT_EQ(boxes->rows(1)[0].score, 0.5f);
  EXPECT_THAT(*ReadAvaExcluded(Write("v,0902.500\n")), ElementsAre(Keyframe{"v", half}));
  EXPECT_THAT(std::string(ReadAvaAnnotations(Write("v,1798.5,0,0,1,1,12,0\n")).status().message()),
              HasSubstr("ava_test.csv:1: '1798.5': keyframe outside 902..1798"));
  // UCF101-24's key frames are frames.
  EXPECT_THAT(std::string(ReadAvaBoxes(Write("v,7,0,0,1,1,,1\nv,7.5,0,0,1,1,,1\n"),
                                       KeyframeNames{formats::Timestamps::kFrames})
                              .status()
                              .message()),
              HasSubstr("ava_test.csv:2: '7.5': frame number that is not whole"));
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
  const auto table = ReadAvaBoxes(Write("v,0902,0.1,0.2,0.3,0.4,,0.995\nv,902,0.1,0.2,0.3,0.4,-1,0.5\n"));
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->num_rows(), 2);
  EXPECT_FLOAT_EQ(table->rows(0)[0].score, 0.995f);
  EXPECT_EQ(DetectedActors(table->rows(0)).size(), 1) << "rows of one box";
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

struct Seen {
  const char* video;
  int second;
  Box box;
  float score = 0.9f;
};

BoxTable Annotated(const std::vector<AnnotatedBox>& boxes) {
  std::vector<BoxTable::NamedRow> rows;
  for (const AnnotatedBox& b : boxes) rows.push_back({b.keyframe, {b.box, 1, b.class_id, b.person_id}});
  return BoxTable(rows);
}

BoxTable Detected(const std::vector<Seen>& boxes) {
  std::vector<BoxTable::NamedRow> rows;
  for (const Seen& seen : boxes) rows.push_back({{seen.video, seen.second}, {seen.box, seen.score}});
  return BoxTable(rows);
}

std::vector<Timestamp> Seconds(const AvaKeyframes& made) {
  std::vector<Timestamp> seconds;
  for (const KeyframeRecord& record : made.records) seconds.push_back(record.keyframe.timestamp);
  return seconds;
}

AvaKeyframeOptions For(Usage usage) {
  AvaKeyframeOptions options;
  options.usage = usage;
  return options;
}

TEST(AvaKeyframesTest, RowsOfOnePersonBecomeOneActor) {
  const BoxTable annotations = Annotated({{{"b", 903}, kLeft, 12, 0},
                                          {{"a", 902}, kLeft, 12, 5},
                                          {{"a", 902}, kRight, 11, 6},
                                          {{"a", 902}, kLeft, 3, 5}});
  const BoxTable boxes =
      Detected({{"a", 902, {0, 0, 0.5f, 0.9f}, 0.2f}, {"c", 902, kLeft}, {"b", 904, kLeft}});
  const auto made = MakeAvaKeyframes(annotations, boxes, {}, kClasses, For(Usage::kTrain));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->videos, ElementsAre("a", "b"));
  EXPECT_EQ(made->strange_boxes, 1);
  const std::vector<KeyframeRecord>& records = made->records;
  ASSERT_EQ(records.size(), 2);  // a box list alone makes no key frame of training
  EXPECT_EQ(records[0].keyframe.video, "a");
  EXPECT_EQ(records[0].video, 0);
  EXPECT_EQ(records[0].annotations.size(), 3);
  ASSERT_EQ(records[0].actors.size(), 3);  // two persons, one proposal with IoU 0.9
  EXPECT_THAT(records[0].actors[0].labels, ElementsAre(0, 2));
  EXPECT_THAT(records[0].actors[1].labels, ElementsAre(1));
  EXPECT_THAT(records[0].actors[2].labels, ElementsAre(0, 2));
  EXPECT_EQ(records[1].video, 1);
}

// PySlowFast's and LFB's lists of training have a row for each pair of box and label, and negatives without.
TEST(AvaKeyframesTest, RowsOfOneBoxAreOneActor) {
  const Box found = {0, 0, 0.5f, 0.9f}, nobody = {0.8f, 0.8f, 0.9f, 0.9f};
  const BoxTable boxes =
      Detected({{"a", 902, found}, {"a", 902, found}, {"a", 902, nobody}, {"a", 902, found}});
  const BoxTable annotations = Annotated({{{"a", 902}, kLeft, 12, 5}});
  const auto training = MakeAvaKeyframes(annotations, boxes, {}, kClasses, For(Usage::kTrain));
  ASSERT_EQ(training->records[0].actors.size(), 2);  // the person, and the box that was found of them
  const auto inference = MakeAvaKeyframes(annotations, boxes, {}, kClasses, For(Usage::kInference));
  ASSERT_EQ(inference->records[0].actors.size(), 2);
  EXPECT_TRUE(inference->records[0].actors[0].box == found);
  EXPECT_TRUE(inference->records[0].actors[1].box == nobody);
  EXPECT_EQ(inference->counts.boxes, 2);
}

TEST(AvaKeyframesTest, InferenceUsesDetectedBoxesOnly) {
  const auto made = MakeAvaKeyframes(Annotated({{{"a", 904}, kLeft, 12, 0}, {{"a", 905}, kLeft, 12, 0}}),
                                     Detected({{"a", 904, kRight, 0.86f}, {"a", 904, kLeft, 0.85f}}), {},
                                     kClasses, For(Usage::kInference));
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->records[0].actors.size(), 1);
  EXPECT_TRUE(made->records[0].actors[0].box == kRight);
  EXPECT_THAT(made->records[0].actors[0].labels, IsEmpty());
  EXPECT_THAT(made->records[1].actors, IsEmpty());
  EXPECT_EQ(made->counts.boxes, 2);
  EXPECT_EQ(made->counts.kept, 1);
  EXPECT_FLOAT_EQ(made->counts.highest, 0.86f);
}

// Second 903 is excluded, 904 and 906 are not annotated, and at 906 only a doubtful box was found.
TEST(AvaKeyframesTest, WhoeverIsFoundWhereNobodyIsAnnotatedIsScored) {
  const BoxTable annotations =
      Annotated({{{"a", 902}, kLeft, 12, 0}, {{"a", 903}, kLeft, 12, 0}, {{"a", 905}, kLeft, 12, 0}});
  const BoxTable boxes = Detected(
      {{"a", 903, kLeft}, {"a", 904, kLeft}, {"a", 904, kRight}, {"a", 906, kLeft, 0.5f}, {"b", 902, kLeft}});
  const std::set<Keyframe> excluded = {{"a", 903}};
  const auto seconds = [&](Usage usage) {
    return Seconds(*MakeAvaKeyframes(annotations, boxes, excluded, kClasses, For(usage)));
  };
  EXPECT_THAT(seconds(Usage::kTrain), ElementsAre(902, 905));
  EXPECT_THAT(seconds(Usage::kInference), ElementsAre(902, 904, 905));
  EXPECT_THAT(seconds(Usage::kBank), ElementsAre(902, 903, 904, 905));
  const auto made = MakeAvaKeyframes(annotations, boxes, excluded, kClasses, For(Usage::kInference));
  EXPECT_EQ(made->records[1].actors.size(), 2);
  EXPECT_THAT(made->records[1].annotations, IsEmpty());
}

// A folder of images from second 900 on, and a film of NTSC's rate from second 0 on.
TEST(AvaKeyframesTest, ClipsAreCentredByTheirVideosClocks) {
  auto made = MakeAvaKeyframes(
      Annotated({{{"a", 902}, kLeft, 12, 0}, {{"a", 903}, kLeft, 12, 0}, {{"b", 902}, kLeft, 12, 0}}), {}, {},
      kClasses, For(Usage::kTrain));
  ASSERT_TRUE(made.ok()) << made.status();
  CentreClips({{900, 30}, {0, 30000. / 1001}}, &made->records);
  EXPECT_EQ(made->records[0].centre, 60);
  EXPECT_EQ(made->records[1].centre, 90);
  EXPECT_EQ(made->records[2].centre, 27033);  // 27032.97
}

TEST(AvaKeyframesTest, WithoutBoxListInferenceHasUnlabelledGroundTruth) {
  AvaKeyframeOptions options = For(Usage::kInference);
  options.has_boxes = false;
  const auto made = MakeAvaKeyframes(Annotated({{{"a", 904}, kLeft, 12, 3}, {{"a", 904}, kLeft, 11, 3}}), {},
                                     {}, kClasses, options);
  ASSERT_TRUE(made.ok());
  ASSERT_EQ(made->records[0].actors.size(), 1);
  EXPECT_TRUE(made->records[0].actors[0].box == kLeft);
  EXPECT_THAT(made->records[0].actors[0].labels, IsEmpty());
}

TEST(AvaKeyframesTest, UnknownAction) {
  const auto made = MakeAvaKeyframes(Annotated({{{"a", 904}, kLeft, 99, 0}}), {}, {}, kClasses, {});
  EXPECT_THAT(std::string(made.status().message()), HasSubstr("a,904: action_id 99 is not in the label map"));
}

}  // namespace
}  // namespace mrsn::datasets

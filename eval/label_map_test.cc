#include "eval/label_map.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<LabelMap> Parse(const std::string& text) {
  return ParseLabelMap(*TextFile::FromBytes(text, "l.pbtxt"));
}
std::string Error(const std::string& text) { return std::string(Parse(text).status().message()); }

TEST(LabelMapTest, ReadsBothDialectsOfAva) {
  const LabelMap all = *ReadLabelMap("eval/testdata/ava/ava_action_list_v2.2.pbtxt");
  ASSERT_EQ(all.classes.size(), 80);
  EXPECT_EQ(all.classes[79].id, 80);
  EXPECT_EQ(all.classes[79].name, "watch (a person)");
  EXPECT_EQ(all.classes[79].kind, "person-person");
  EXPECT_EQ(all.classes[14].kind, "person-object");
  EXPECT_EQ(all.classes[13].kind, "pose");
  const LabelMap sixty = *ReadLabelMap("eval/testdata/ava/ava_action_list_v2.2_for_activitynet_2019.pbtxt");
  ASSERT_EQ(sixty.classes.size(), 60);
  EXPECT_TRUE(sixty.warnings.empty());
  // The built-in list is the file's, kinds included.
  const std::vector<EvaluatedClass> built_in = DefaultClasses(Dataset::kAva);
  ASSERT_EQ(built_in.size(), 60);
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(built_in[i].id, sixty.classes[i].id);
    EXPECT_EQ(built_in[i].name, sixty.classes[i].name);
    EXPECT_EQ(built_in[i].kind, sixty.classes[i].kind);
    EXPECT_EQ(built_in[i].kind, all.classes[built_in[i].id - 1].kind);
  }
  EXPECT_EQ(DefaultClasses(Dataset::kUcf24)[23].name, "WalkingWithDog");
}

TEST(LabelMapTest, KindsOfOtherMaps) {
  const LabelMap map = *Parse(
      "item {\n  name: \"sit\"\n  id: 11\n}\nitem {\n  name: \"juggle\"\n  id: 12\n}\n"
      "label {\n  name: \"meet\"\n  label_id: 13\n  label_type: RELATION\n}\n");
  EXPECT_EQ(map.classes[0].kind, "pose");  // AVA's id and name
  EXPECT_EQ(map.classes[1].kind, "");      // AVA's id, another name
  EXPECT_EQ(map.classes[2].kind, "RELATION");
}

TEST(LabelMapTest, OnlyTwoBlanksCount) {
  const LabelMap map = *Parse("item {\n    name: \"a\"\n    id: 1\n}\nitem {\n  name: \"b\"\n  id: 2\n}\n");
  ASSERT_EQ(map.classes.size(), 1);
  EXPECT_EQ(map.classes[0].id, 2);
  ASSERT_EQ(map.warnings.size(), 1);
  EXPECT_EQ(map.warnings[0].count, 2);
  EXPECT_THAT(ToString(map.warnings[0]), HasSubstr("l.pbtxt:2"));
}

TEST(LabelMapTest, ErrorsNameTheLine) {
  EXPECT_EQ(Error("item {\n  name: sit\n"),
            "l.pbtxt:2: found '  name: sit', expected a name in double quotes");
  EXPECT_EQ(Error("item {\n  name: \"sit\"\n  id: x\n"),
            "l.pbtxt:3: found '  id: x', expected a whole number as id");
  EXPECT_EQ(Error("  name: \"a\"\n  id: 1\n  id: 1\n"), "l.pbtxt:3: class id 1 occurs a second time");
  EXPECT_THAT(Error(""), HasSubstr("l.pbtxt: no class found"));
  EXPECT_THAT(Error("1: sit\n"), HasSubstr("exactly two blanks"));
  EXPECT_THAT(Error("  label_type: X\n"), HasSubstr("l.pbtxt:1"));
}

}  // namespace
}  // namespace mrsn::eval

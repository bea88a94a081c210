#include <map>
#include <string>

#include "gtest/gtest.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/label_map.h"
#include "ops/test_data/test_data.h"

namespace mrsn::formats {
namespace {

// AVA's 60 evaluated classes: 13 poses, 32 with objects, 15 with persons, by their ids.
TEST(PublishedLabelMapTest, TheBuiltInClasses) {
  const std::vector<ActionClass> ava = AvaEvaluatedClasses();
  ASSERT_EQ(ava.size(), 60);
  std::map<std::string, int> kinds;
  for (const ActionClass& one : ava) {
    ++kinds[one.kind];
    EXPECT_EQ(one.kind, one.id <= 14 ? "pose" : one.id <= 63 ? "person-object" : "person-person") << one.id;
  }
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"pose", 13}, {"person-object", 32}, {"person-person", 15}}));
  EXPECT_EQ(ava[59].id, 80);
  EXPECT_EQ(ava[59].name, "watch (a person)");
  EXPECT_EQ(Ucf24Classes()[23].name, "WalkingWithDog");
}

TEST(PublishedLabelMapTest, ReadsBothDialectsOfAva) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const LabelMap all = *ReadLabelMap(TestData("ava/official_v2.2/ava_action_list_v2.2.pbtxt"));
  ASSERT_EQ(all.classes.size(), 80);
  EXPECT_EQ(all.classes[79].id, 80);
  EXPECT_EQ(all.classes[79].name, "watch (a person)");
  EXPECT_EQ(all.classes[79].kind, "person-person");
  EXPECT_EQ(all.classes[14].kind, "person-object");
  EXPECT_EQ(all.classes[13].kind, "pose");
  const LabelMap sixty =
      *ReadLabelMap(TestData("ava/official_v2.2/ava_action_list_v2.2_for_activitynet_2019.pbtxt"));
  ASSERT_EQ(sixty.classes.size(), 60);
  EXPECT_TRUE(sixty.warnings.empty());
  // The built-in list is the file's, kinds included.
  const std::vector<ActionClass> built_in = AvaEvaluatedClasses();
  ASSERT_EQ(built_in.size(), 60);
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(built_in[i].id, sixty.classes[i].id);
    EXPECT_EQ(built_in[i].name, sixty.classes[i].name);
    EXPECT_EQ(built_in[i].kind, sixty.classes[i].kind);
    EXPECT_EQ(built_in[i].kind, all.classes[built_in[i].id - 1].kind);
  }
}

}  // namespace
}  // namespace mrsn::formats

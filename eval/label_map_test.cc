#include "ops/formats/label_map.h"

#include "eval/load_evaluation.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

TEST(PublishedLabelMapTest, ReadsBothDialectsOfAva) {
  const formats::LabelMap all = *formats::ReadLabelMap("eval/testdata/ava/ava_action_list_v2.2.pbtxt");
  ASSERT_EQ(all.classes.size(), 80);
  EXPECT_EQ(all.classes[79].id, 80);
  EXPECT_EQ(all.classes[79].name, "watch (a person)");
  EXPECT_EQ(all.classes[79].kind, "person-person");
  EXPECT_EQ(all.classes[14].kind, "person-object");
  EXPECT_EQ(all.classes[13].kind, "pose");
  const formats::LabelMap sixty =
      *formats::ReadLabelMap("eval/testdata/ava/ava_action_list_v2.2_for_activitynet_2019.pbtxt");
  ASSERT_EQ(sixty.classes.size(), 60);
  EXPECT_TRUE(sixty.warnings.empty());
  // The built-in list is the file's, kinds included.
  const std::vector<formats::ActionClass> built_in = DefaultClasses(Dataset::kAva);
  ASSERT_EQ(built_in.size(), 60);
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(built_in[i].id, sixty.classes[i].id);
    EXPECT_EQ(built_in[i].name, sixty.classes[i].name);
    EXPECT_EQ(built_in[i].kind, sixty.classes[i].kind);
    EXPECT_EQ(built_in[i].kind, all.classes[built_in[i].id - 1].kind);
  }
  EXPECT_EQ(DefaultClasses(Dataset::kUcf24)[23].name, "WalkingWithDog");
}

}  // namespace
}  // namespace mrsn::eval

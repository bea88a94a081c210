#include "datasets/class_list.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

std::string Write(const std::string& contents) {
  const std::string path = ::testing::TempDir() + "class_list_test.txt";
  EXPECT_TRUE(WriteFileAtomically(path, contents).ok());
  return path;
}

std::string Error(const std::string& contents, int first_id = 0) {
  return std::string(ReadClassList(Write(contents), first_id).status().message());
}

TEST(ClassListTest, NamesAreNumbered) {
  const auto classes = ReadClassList(Write("Basketball\r\n\n  bend/bow (at the waist) \n3 points"), 1);
  ASSERT_TRUE(classes.ok()) << classes.status();
  ASSERT_EQ(classes->size(), 3);
  EXPECT_EQ((*classes)[0].name, "Basketball");
  EXPECT_EQ((*classes)[0].id, 1);
  EXPECT_EQ((*classes)[1].name, "bend/bow (at the waist)");
  EXPECT_EQ((*classes)[2].id, 3);
  EXPECT_TRUE((*classes)[2].evaluated);
}

TEST(ClassListTest, LabelMapsKeepTheirIds) {
  const auto items = ReadClassList(Write("item {\n  name: \"sit\"\n  id: 11\n}\n"), 1);
  ASSERT_TRUE(items.ok()) << items.status();
  EXPECT_EQ((*items)[0].id, 11);
  const auto lines = ReadClassList(Write("0: sit\n7: stand\n"), 0);
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_EQ((*lines)[1].id, 7);
}

// UCF101's own list, classInd.txt. Only lines that are numbered throughout are taken for such a list.
TEST(ClassListTest, NumberedLinesKeepTheirIds) {
  const auto classes = ReadClassList(Write("1 Basketball\r\n2 Biking\r\n3\tjump / leap\r\n"), 0);
  ASSERT_TRUE(classes.ok()) << classes.status();
  ASSERT_EQ(classes->size(), 3);
  EXPECT_EQ((*classes)[0].id, 1);
  EXPECT_EQ((*classes)[0].name, "Basketball");
  EXPECT_EQ((*classes)[2].id, 3);
  EXPECT_EQ((*classes)[2].name, "jump / leap");
  EXPECT_EQ((*ReadClassList(Write("0 sit\n1 stand\n"), 0))[1].id, 1);
  for (const char* names :
       {"2 persons\n3 persons\n", "1 person\n3 persons\n", "1 person\nmany\n", "1\n2\n"}) {
    const auto list = ReadClassList(Write(names), 0);
    ASSERT_TRUE(list.ok()) << list.status();
    EXPECT_EQ((*list)[0].id, 0) << names;
    EXPECT_EQ((*list)[0].name, std::string(names).substr(0, std::string(names).find('\n')));
  }
  EXPECT_THAT(Error("0 sit\n1 stand\n", 1),
              HasSubstr("class_list_test.txt: class 'sit' has the id 0, expected ids from 1"));
  EXPECT_THAT(Error("1 sit\n2 sit\n"), HasSubstr("class 'sit' occurs a second time"));
}

// Names are compared with those of other files.
TEST(ClassListTest, AByteOrderMarkIsNoPartOfTheFirstName) {
  const auto classes = ReadClassList(Write("\xef\xbb\xbfsit\r\nstand\r\n"), 1);
  ASSERT_TRUE(classes.ok()) << classes.status();
  ASSERT_EQ(classes->size(), 2);
  EXPECT_EQ((*classes)[0].name, "sit");
}

TEST(ClassListTest, OtherFilesSayWhatTheyAre) {
  EXPECT_THAT(Error("<!DOCTYPE html>\n<html></html>"),
              HasSubstr("class_list_test.txt: is a web page (HTML), not a list of classes"));
  EXPECT_THAT(Error("\xff\xd8\xff\xe0 and more"), HasSubstr("a JPEG image of 13 bytes"));
  EXPECT_THAT(Error("[\"sit\", \"stand\"]"), HasSubstr("is a JSON file, not a list of classes"));
  EXPECT_THAT(Error("\xff\xfes\0i\0"), HasSubstr("is UTF-16"));
}

TEST(ClassListTest, ErrorsNameFileAndLine) {
  EXPECT_THAT(Error(" \n"), HasSubstr("class_list_test.txt: no class found"));
  EXPECT_THAT(Error("a\nb\na\n"), HasSubstr(":3: class 'a' occurs in line 1 already"));
  EXPECT_FALSE(ReadClassList("/nowhere.txt", 0).ok());
}

}  // namespace
}  // namespace mrsn::datasets

#include "ops/formats/label_map.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::formats {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<LabelMap> Parse(const std::string& text, bool strict = false) {
  LabelMapOptions options;
  options.strict = strict;
  return ParseLabelMap(*TextFile::FromBytes(text, "l.pbtxt"), options);
}
std::string Error(const std::string& text, bool strict = false) {
  return std::string(Parse(text, strict).status().message());
}

// "id name kind" of each class.
std::vector<std::string> Listed(const std::string& text) {
  std::vector<std::string> listed;
  for (const bool strict : {false, true}) {
    const auto map = Parse(text, strict);
    EXPECT_TRUE(map.ok()) << map.status();
    if (!map.ok()) return {};
    listed.clear();
    for (const ActionClass& c : map->classes)
      listed.push_back(std::to_string(c.id) + " " + c.name + " " + c.kind);
    EXPECT_TRUE(map->warnings.empty());
  }
  return listed;
}

TEST(LabelMapTest, BothDialectsOfAva) {
  EXPECT_THAT(Listed("item {\n  name: \"bend/bow (at the waist)\"\n  id: 1\n}\n"
                     "item {\r\n  name: \"x\"\r\n  id: 3\r\n}\r\n"),
              testing::ElementsAre("1 bend/bow (at the waist) pose", "3 x "));
  EXPECT_THAT(Listed("label {\n  name: \"lift a person\"\n  label_id: 11\n  label_type: PERSON_MOVEMENT\n}"),
              testing::ElementsAre("11 lift a person pose"));
}

TEST(LabelMapTest, OtherWaysToWriteTheSame) {
  EXPECT_THAT(Listed("label { label_type: OBJECT_MANIPULATION, label_id: 7; name: 'a \"b\"' }  # one line\n"
                     "item{id:8 name:\"it\\\"s\"}\n"
                     "# item { id: 9 }\n"
                     "\titem: {\n\t\tid: 10 display_name: \"Ten\"\n        name: \"ten\" }"),
              testing::ElementsAre("7 a \"b\" person-object", "8 it\"s ", "10 ten "));
  EXPECT_THAT(Listed("1: crouch: low\r\n 12 : stand\n\n80: x"),
              testing::ElementsAre("1 crouch: low ", "12 stand pose", "80 x "));
}

TEST(LabelMapTest, Kinds) {
  const LabelMap map = *Parse(
      "item {\n  name: \"sit\"\n  id: 11\n}\nitem {\n  name: \"juggle\"\n  id: 12\n}\n"
      "label {\n  name: \"meet\"\n  label_id: 13\n  label_type: RELATION_RELATION\n}\n"
      "label { name: \"kiss\" label_id: 14 label_type: PERSON_INTERACTION }\n");
  EXPECT_EQ(map.classes[0].kind, "pose");  // AVA's id and name
  EXPECT_EQ(map.classes[1].kind, "");      // AVA's id, another name
  EXPECT_EQ(map.classes[2].kind, "relation-relation");
  EXPECT_EQ(map.classes[3].kind, "person-person");
}

TEST(LabelMapTest, ErrorsNameTheLine) {
  EXPECT_EQ(Error("item {\n  name: sit\n"), "l.pbtxt:2: found 'name: sit', expected a name in quotes");
  EXPECT_EQ(Error("item {\n  name: \"sit\"\n  id: x\n"),
            "l.pbtxt:3: found 'id: x', expected a whole number as id");
  EXPECT_EQ(Error("item {\n  name: \"a\"\n  id: 1\n}\nitem { name: \"b\" id: 1 }\n"),
            "l.pbtxt:5: class id 1 occurs a second time");
  EXPECT_EQ(Error("item { name: \"a\n"), "l.pbtxt:1: found 'name: \\\"a', expected a closing quote");
  EXPECT_EQ(Error("item { id: 1\n"), "l.pbtxt:2: found 'the end of the file', expected '}'");
  EXPECT_EQ(Error("item {\n  name: \"x\"\n}\n"), "l.pbtxt:3: an entry without an id");
  EXPECT_EQ(Error("stand: 1\n"), "l.pbtxt:1: found 'stand', expected item, label or 'id: name'");
  EXPECT_EQ(Error("1 stand\n"), "l.pbtxt:1: found '1 stand', expected 'id: name'");
  EXPECT_THAT(Error(""), HasSubstr("l.pbtxt: no class found"));
  EXPECT_EQ(Error("<!DOCTYPE html>\n<html>"),
            "l.pbtxt: is a web page (HTML), not a label map: download it again");
}

TEST(LabelMapTest, StrictRefusesWhatIsOdd) {
  const std::string odd = "item {\n  nmae: \"x\"\n  id: 2\n}\n";
  ASSERT_TRUE(Parse(odd).ok());
  ASSERT_EQ(Parse(odd)->warnings.size(), 1);
  EXPECT_THAT(ToString(Parse(odd)->warnings[0]), HasSubstr("l.pbtxt:2"));
  EXPECT_THAT(Error(odd, /*strict=*/true), HasSubstr("l.pbtxt:2: found 'nmae: \\\"x\\\"'"));
  EXPECT_TRUE(Parse("0: none\n").ok());
  EXPECT_EQ(Error("0: none\n", /*strict=*/true), "l.pbtxt:1: an entry without a name or an id of 1 or more");
}

}  // namespace
}  // namespace mrsn::formats

// Read with messages of protobuf itself, which every program has.
#include "ops/base/config_reader.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/stubs/logging.h>

#include <limits>

#include "gtest/gtest.h"

namespace mrsn {
namespace {

using google::protobuf::FieldDescriptorProto;
using google::protobuf::FieldOptions;
using google::protobuf::FileDescriptorProto;

TEST(ConfigReaderTest, AnUnsetFieldLeavesTheOptionsOwnValue) {
  FieldDescriptorProto message;
  int64_t number = 7;
  bool flag = true;
  std::string name = "a";
  DefaultsSeen defaults;
  ConfigReader reader(message, "x");
  reader.Read("number", &number, Between(1, 8));
  reader.Read("proto3_optional", &flag);
  reader.Read("name", &name);
  EXPECT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(number, 7);
  EXPECT_TRUE(flag);
  EXPECT_EQ(name, "a");
  const std::map<std::string, std::string> expected = {
      {"google.protobuf.FieldDescriptorProto.number", "7"},
      {"google.protobuf.FieldDescriptorProto.proto3_optional", "true"},
      {"google.protobuf.FieldDescriptorProto.name", "\"a\""}};
  EXPECT_EQ(defaults.fields(), expected);
}

TEST(ConfigReaderTest, SetFieldsAreReadAndAreNoDefaults) {
  FieldDescriptorProto message;
  message.set_number(3);
  message.set_proto3_optional(false);
  message.set_name("b");
  int number = 7;
  bool flag = true;
  std::string name = "a";
  DefaultsSeen defaults;
  ConfigReader reader(message, "x");
  reader.Read("number", &number, Between(1, 8));
  reader.Read("proto3_optional", &flag);
  reader.Read("name", &name);
  EXPECT_EQ(number, 3);
  EXPECT_FALSE(flag);
  EXPECT_EQ(name, "b");
  EXPECT_TRUE(defaults.fields().empty());
}

TEST(ConfigReaderTest, TheFirstErrorIsKept) {
  FieldDescriptorProto message;
  message.set_number(9);
  int64_t number = 7, index = 100;
  ConfigReader reader(message, "x");
  reader.Read("number", &number, Between(1, 8));
  reader.Read("oneof_index", &index, Between(0, 10));
  EXPECT_EQ(reader.status().message(), "x.number is 9; allowed: 1 to 8");
}

TEST(ConfigReaderTest, DefaultsAreChecked) {
  int64_t index = 100;
  ConfigReader reader(FieldDescriptorProto::default_instance(), "x");
  reader.Read("oneof_index", &index, Between(0, 10));
  EXPECT_EQ(reader.status().message(), "x.oneof_index is 100; allowed: 0 to 10");
}

TEST(ConfigReaderTest, RequiredAndRefusedFields) {
  FieldDescriptorProto message;
  message.set_name("b");
  int64_t number = 7;
  ConfigReader required(message, "x"), refused(message, "x");
  required.Require("number", &number, Between(1, 8));
  EXPECT_EQ(required.status().message(), "x.number is not set; allowed: 1 to 8");
  refused.RefuseIfSet("number", "only with name");
  EXPECT_TRUE(refused.ok());
  refused.RefuseIfSet("name", "only with number");
  EXPECT_EQ(refused.status().message(), "x.name is set; allowed: only with number");
}

TEST(ConfigReaderTest, FieldsOfAOneof) {
  const google::protobuf::Value value;
  EXPECT_EQ(ConfigReader(value, "x").FieldsOf("kind"),
            "null_value, number_value, string_value, bool_value, struct_value, list_value");
  EXPECT_THROW(ConfigReader(value, "x").FieldsOf("kin"), google::protobuf::FatalException);
}

enum class Type { kOther, kCord, kPiece };

TEST(ConfigReaderTest, Choices) {
  // CType has STRING, CORD and STRING_PIECE, and nothing unspecified.
  const std::vector<std::pair<std::string, Type>> choices = {
      {"STRING", Type::kOther}, {"CORD", Type::kCord}, {"STRING_PIECE", Type::kPiece}};
  FieldDescriptorProto message;
  message.mutable_options()->set_ctype(FieldOptions::CORD);
  Type type = Type::kOther;
  ConfigReader reader(message, "x");
  reader.In("options").Choose("ctype", &type, choices);
  EXPECT_EQ(type, Type::kCord);
  EXPECT_THROW(reader.In("options").Choose("ctype", &type, {{"CORD", Type::kCord}}),
               google::protobuf::FatalException);  // nothing for STRING
}

TEST(ConfigReaderTest, MessagesInsideShareTheErrorAndSayWhere) {
  FileDescriptorProto message;
  message.add_message_type();
  message.add_message_type()->add_field()->set_number(-1);
  int64_t number = 0;
  ConfigReader reader(message, "file");
  ConfigReader field = reader.In("message_type", 1).In("field", 0);
  field.Read("number", &number, AtLeast(0));
  EXPECT_EQ(reader.status().message(), "file.message_type[1].field[0].number is -1; allowed: 0 or more");
}

TEST(ConfigReaderTest, MistakesOfTheProgramThrow) {
  int64_t number = 0;
  bool flag = false;
  ConfigReader reader(FieldDescriptorProto::default_instance(), "x");
  EXPECT_THROW(reader.Read("nunber", &number), google::protobuf::FatalException);
  FieldDescriptorProto message;
  message.set_number(1);
  EXPECT_THROW(ConfigReader(message, "x").Read("number", &flag), google::protobuf::FatalException);
}

TEST(ConfigReaderTest, Ranges) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  struct Case {
    Allowed allowed;
    std::string text;
    std::vector<double> inside, outside;
  };
  for (const Case& c : std::vector<Case>{
           {Between(1, 16384), "1 to 16384", {1, 2.5, 16384}, {0.9, 16385, nan, inf}},
           {AtLeast(0), "0 or more", {0, 1e300}, {-1e-9, nan, inf}},
           {AboveUpTo(0, 1e6), "above 0, at most 1000000", {1e-9, 1e6}, {0, 1000001, nan, inf}},
           {FromBelow(0, 0.99), "0 or more, below 0.99", {0, 0.98}, {-0.1, 0.99, nan}},
           {OddUpTo(31), "odd numbers from 1 to 31", {1, 3, 31}, {-1, 0, 2, 33, nan}},
           {PowersOfTwoUpTo(32), "powers of 2 from 1 to 32", {1, 2, 32}, {-2, 0, 3, 0.5, 64, nan}},
           {OneOf({50, 101}), "50, 101", {50, 101}, {0, 51, nan}},
           {DivisorsOf(12, "width"), "the divisors of width, 12", {1, 3, 12}, {-3, 0, 5, 24, nan}}}) {
    EXPECT_EQ(c.allowed.text, c.text);
    for (const double value : c.inside) EXPECT_TRUE(c.allowed.holds(value)) << c.text << " " << value;
    for (const double value : c.outside) EXPECT_FALSE(c.allowed.holds(value)) << c.text << " " << value;
  }
}

}  // namespace
}  // namespace mrsn

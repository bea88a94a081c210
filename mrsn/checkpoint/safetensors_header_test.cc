#include "mrsn/checkpoint/safetensors_header.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<SafetensorsHeader> Parse(const std::string& json, uint64_t data_bytes) {
  std::string head(8, '\0');
  const uint64_t length = json.size();
  std::memcpy(head.data(), &length, 8);
  head += json;
  return ParseSafetensorsHeader(head, head.size() + data_bytes, "f");
}

std::string ErrorOf(const std::string& json, uint64_t data_bytes) {
  return std::string(Parse(json, data_bytes).status().message());
}

TEST(SafetensorsHeaderTest, EntriesComeInTheOrderOfTheirData) {
  const auto header = Parse(R"({"a":{"dtype":"I16","shape":[2],"data_offsets":[8,12]},
                                "b":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},
                                "e":{"dtype":"BOOL","shape":[0,3],"data_offsets":[8,8]},
                                "__metadata__":{"k":"v"}})",
                            12);
  ASSERT_TRUE(header.ok()) << header.status();
  ASSERT_EQ(header->entries.size(), 3u);
  EXPECT_EQ(header->entries[0].name, "b");
  EXPECT_THAT(header->entries[0].shape, ElementsAre(2, 1));
  EXPECT_EQ(header->entries[1].name, "e");
  EXPECT_EQ(header->entries[2].name, "a");
  EXPECT_EQ(header->entries[2].dtype, Dtype::kInt16);
  EXPECT_EQ(header->metadata.at("k"), "v");
}

TEST(SafetensorsHeaderTest, DataThatOverlapsHasHolesOrIsLeftOverIsAnError) {
  const std::string a = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  const auto b = [](int begin) {
    return absl::StrCat(R"("b":{"dtype":"F32","shape":[2],"data_offsets":[)", begin, ",", begin + 8, "]}");
  };
  EXPECT_TRUE(Parse(absl::StrCat("{", a, ",", b(8), "}"), 16).ok());
  EXPECT_THAT(ErrorOf(absl::StrCat("{", a, ",", b(4), "}"), 12),
              HasSubstr("f: not a readable safetensors file: tensor 'b' begins at byte 4"));
  EXPECT_THAT(ErrorOf(absl::StrCat("{", a, ",", b(0), "}"), 8),
              HasSubstr("begins at byte 0 of the data, but 8"));
  EXPECT_THAT(ErrorOf(absl::StrCat("{", a, ",", b(12), "}"), 20), HasSubstr("tensor 'b' begins at byte 12"));
  EXPECT_THAT(ErrorOf(absl::StrCat("{", a, "}"), 9), HasSubstr("its tensors have 8 bytes, the file has 9"));
  EXPECT_THAT(ErrorOf("{}", 1), HasSubstr("its tensors have 0 bytes, the file has 1"));
}

TEST(SafetensorsHeaderTest, RepeatedKeysAreErrors) {
  const std::string a = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  EXPECT_THAT(ErrorOf(absl::StrCat("{", a, ",", a, "}"), 8), HasSubstr("'a' occurs twice"));
  EXPECT_THAT(ErrorOf(R"({"a":{"dtype":"F32","dtype":"I32","shape":[2],"data_offsets":[0,8]}})", 8),
              HasSubstr("'dtype' occurs twice"));
  EXPECT_THAT(ErrorOf(R"({"__metadata__":{"k":"1","k":"2"}})", 0), HasSubstr("'k' occurs twice"));
}

TEST(SafetensorsHeaderTest, SizesBeyond64BitsAreErrorsEvenWithoutElements) {
  const auto shape = [](const std::string& sizes) {
    return absl::StrCat(R"({"a":{"dtype":"F32","shape":[)", sizes, R"(],"data_offsets":[0,0]}})");
  };
  EXPECT_TRUE(Parse(shape("0,4"), 0).ok());
  EXPECT_THAT(ErrorOf(shape("0,4611686018427387904,4"), 0), HasSubstr("tensor 'a' has an impossible shape"));
  EXPECT_THAT(ErrorOf(shape("9223372036854775808"), 0), HasSubstr("tensor 'a'"));
}

TEST(SafetensorsHeaderTest, MessagesAreOneLineWhateverTheNames) {
  EXPECT_THAT(ErrorOf(R"({"a\nb":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1),
              HasSubstr("the name 'a?b' has control characters"));
}

TEST(SafetensorsHeaderTest, HeadersThatAreNoneAreErrors) {
  EXPECT_THAT(ErrorOf(R"({"__metadata__":{"k":1}})", 0), HasSubstr("metadata 'k' is no string"));
  EXPECT_THAT(ErrorOf(R"({"__metadata__":[]})", 0), HasSubstr("__metadata__"));
  EXPECT_THAT(ErrorOf(std::string(100'000, '['), 0), HasSubstr("no JSON object"));
  EXPECT_THAT(ErrorOf(R"({"a":{"dtype":"F32","shape":[[[[[[2]]]]]],"data_offsets":[0,8]}})", 8),
              HasSubstr("f: "));
  EXPECT_THAT(std::string(ParseSafetensorsHeader("1234567", 7, "f").status().message()),
              HasSubstr("length field"));
  // A length beyond the file, and one beyond the limit.
  EXPECT_FALSE(SafetensorsHeaderEnd(absl::string_view("\xff\xff\xff\xff\xff\xff\xff\xff", 8), 100, "f").ok());
  EXPECT_FALSE(SafetensorsHeaderEnd(absl::string_view("\0\0\0\0\1\0\0\0", 8), uint64_t{1} << 40, "f").ok());
}

}  // namespace
}  // namespace mrsn

#include "mrsn/checkpoint/safetensors.h"

#include <ATen/ATen.h>

#include <cstring>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn {
namespace {

using ::testing::HasSubstr;

std::string WithHeader(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  const uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

TEST(SafetensorsTest, RoundTripKeepsEveryDtypeShapeAndMetadata) {
  Safetensors content;
  content.metadata["note"] = "a \"quoted\" text";
  content.tensors["f32"] = at::arange(6, at::kFloat).reshape({2, 3}).t();  // not contiguous
  content.tensors["f64"] = at::arange(3, at::kDouble) / 7;
  content.tensors["f16"] = at::arange(3, at::kHalf);
  content.tensors["bf16"] = at::arange(3, at::kBFloat16);
  content.tensors["i64"] = at::tensor({-1, 5}, at::kLong);
  content.tensors["scalar"] = at::scalar_tensor(2.5, at::kFloat);
  content.tensors["empty"] = at::empty({0, 4}, at::kFloat);
  const auto parsed = ParseSafetensors(SerializeSafetensors(content), "memory");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->metadata, content.metadata);
  ASSERT_EQ(parsed->tensors.size(), content.tensors.size());
  for (const auto& [name, tensor] : content.tensors) {
    EXPECT_EQ(parsed->tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(parsed->tensors.at(name), tensor)) << name;
  }
}

// The published format, written out by hand.
TEST(SafetensorsTest, ReadsTheDocumentedLayout) {
  const float values[2] = {1.5f, -2.0f};
  const std::string data(reinterpret_cast<const char*>(values), 8);
  const auto parsed = ParseSafetensors(
      WithHeader(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", data), "memory");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_TRUE(at::equal(parsed->tensors.at("w"), at::tensor({1.5f, -2.0f})));
}

TEST(SafetensorsTest, EveryTruncationIsAnError) {
  Safetensors content;
  content.tensors["w"] = at::ones({4});
  const std::string bytes = SerializeSafetensors(content);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ParseSafetensors(bytes.substr(0, size), "cut.safetensors").ok()) << size;
  }
  EXPECT_THAT(std::string(ParseSafetensors(bytes.substr(0, 30), "cut.safetensors").status().message()),
              HasSubstr("cut.safetensors"));
}

TEST(SafetensorsTest, ImpossibleHeadersAreErrorsThatNameTheTensor) {
  for (const char* header : {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",
                             R"({"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})",
                             R"({"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})",
                             R"({"w":{"dtype":"F8","shape":[2],"data_offsets":[0,8]}})",
                             R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})",
                             R"({"w":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}})", R"({"w":7})"}) {
    const auto parsed = ParseSafetensors(WithHeader(header, std::string(8, 'x')), "bad");
    ASSERT_FALSE(parsed.ok()) << header;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("'w'")) << header;
  }
  EXPECT_FALSE(ParseSafetensors(WithHeader("[1,2]", ""), "bad").ok());
  EXPECT_FALSE(ParseSafetensors(WithHeader("{", ""), "bad").ok());
}

}  // namespace
}  // namespace mrsn

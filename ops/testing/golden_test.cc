#include "ops/testing/golden.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>

#include "ATen/ATen.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::ops {
namespace {

// One float32 matrix at offset 0 and one int64 vector at offset 64.
std::string WriteBundle(const std::string& name, const std::string& tensors, size_t bytes_kept = 80) {
  const std::string path = ::testing::TempDir() + "/" + name;
  std::ofstream(path + ".json") << R"({"meta": {"source": "by hand"}, "tensors": [)" << tensors << "]}";
  std::string bytes(80, '\0');
  const float matrix[] = {1, 2, 3, 4, 5, 6.5};
  const int64_t vector[] = {-1, int64_t{1} << 40};
  std::memcpy(bytes.data(), matrix, sizeof(matrix));
  std::memcpy(bytes.data() + 64, vector, sizeof(vector));
  std::ofstream(path + ".bin", std::ios::binary) << bytes.substr(0, bytes_kept);
  return path;
}

constexpr char kMatrix[] = R"({"name": "m", "dtype": "f4", "shape": [2, 3], "offset": 0, "nbytes": 24})";
constexpr char kVector[] = R"({"name": "v", "dtype": "i8", "shape": [2], "offset": 64, "nbytes": 16})";

std::string ErrorOf(const std::string& path) {
  try {
    ReadGoldenBundle(path);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(GoldenTest, ReadsShapesTypesAndValues) {
  const GoldenBundle golden = ReadGoldenBundle(WriteBundle("good", std::string(kMatrix) + "," + kVector));
  EXPECT_EQ(golden.meta.at("source"), "by hand");
  EXPECT_TRUE(at::equal(golden["m"], at::tensor({1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.5f}).view({2, 3})));
  EXPECT_TRUE(at::equal(golden["v"], at::tensor(at::ArrayRef<int64_t>({-1, int64_t{1} << 40}))));
  EXPECT_FALSE(golden.contains("w"));
  EXPECT_THROW(golden["w"], std::runtime_error);
}

TEST(GoldenTest, NamesWhatIsWrong) {
  EXPECT_THAT(ErrorOf("nowhere/at_all"), ::testing::HasSubstr("nowhere/at_all.json"));
  EXPECT_THAT(ErrorOf(WriteBundle("short", kVector, 72)), ::testing::HasSubstr("\"v\""));
  EXPECT_THAT(ErrorOf(WriteBundle("type", R"({"name": "m", "dtype": "f2", "shape": [2], "offset": 0,
                                             "nbytes": 4})")),
              ::testing::HasSubstr("f2"));
  EXPECT_THAT(ErrorOf(WriteBundle("size", R"({"name": "m", "dtype": "f4", "shape": [2, 2], "offset": 0,
                                             "nbytes": 24})")),
              ::testing::HasSubstr("16 bytes"));
  EXPECT_THAT(ErrorOf(WriteBundle("syntax", "{")), ::testing::HasSubstr("syntax.json"));
}

}  // namespace
}  // namespace mrsn::ops

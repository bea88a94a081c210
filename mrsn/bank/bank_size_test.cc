#include "mrsn/bank/bank_size.h"

#include <unistd.h>

#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "mrsn/bank/relation_bank_writer.h"

namespace mrsn {
namespace {

// 3 persons x (2 x 3072 + 16) bytes and a header of 16 need 5 pages.
TEST(BankSizeTest, ABankOfPagesOfItsOwn) { EXPECT_EQ(BankBytes(100, 3, 3072), 100 * 5 * 4096); }

// 2 persons x (2 x 64 + 16) bytes, and 40 around them.
TEST(BankSizeTest, EntriesThatShareAPage) { EXPECT_EQ(BankBytes(100, 2, 64), 100 * (288 + 40)); }

// The size of the file of a written bank.
int64_t Written(int keyframes, int persons, int64_t width) {
  const std::string path =
      absl::StrCat(::testing::TempDir(), "bank_size.", ::getpid(), "/", keyframes, "-", persons, "-", width);
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  auto writer = RelationBankWriter::Create(path, {"weights", "boxes", "config"}, width);
  EXPECT_TRUE(writer.ok()) << writer.status();
  const std::vector<float> features(persons * width, 0.5f);
  for (int k = 0; k < keyframes; ++k) {
    EXPECT_TRUE((*writer)->Add({"a video of AVA", 900 + k}, features, std::vector<Box>(persons)).ok());
  }
  EXPECT_TRUE((*writer)->Finish().ok());
  return static_cast<int64_t>(std::filesystem::file_size(path + "/data.mdb"));
}

TEST(BankSizeTest, WrittenBanksHaveThisSize) {
  for (const auto& [keyframes, persons, width] :
       {std::tuple(900, 3, 3072), std::tuple(2000, 1, 64), std::tuple(900, 2, 512)}) {
    const auto written = static_cast<double>(Written(keyframes, persons, width));
    const auto expected = static_cast<double>(BankBytes(keyframes, persons, width));
    EXPECT_NEAR(expected / written, 1, 0.1) << width;
  }
}

}  // namespace
}  // namespace mrsn

#include "ops/base/appended_file.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/testing/full_disk.h"

namespace mrsn {
namespace {

using ::testing::HasSubstr;

std::string Path() {
  return absl::StrCat(::testing::TempDir(), "appended.", ::getpid(), "/",
                      ::testing::UnitTest::GetInstance()->current_test_info()->name(), "/log");
}

TEST(AppendedFileTest, GoesOnBehindTheBytesThatAreKept) {
  {
    auto file = AppendedFile::Open(Path(), 0);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE((*file)->Append("one ").ok());
    EXPECT_TRUE((*file)->Append("two ").ok());
    EXPECT_TRUE((*file)->Sync().ok());
    EXPECT_EQ((*file)->path(), Path());
  }
  EXPECT_EQ(*ReadFile(Path()), "one two ");
  auto file = AppendedFile::Open(Path(), 4);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*ReadFile(Path()), "one ");
  EXPECT_TRUE((*file)->Append("three").ok());
  EXPECT_EQ(*ReadFile(Path()), "one three");
}

TEST(AppendedFileTest, AFullDiskLeavesNoPartOfARecord) {
  auto file = AppendedFile::Open(Path(), 0);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append("1234567890").ok());
  absl::Status full;
  {
    const testing::FullDisk disk(15);  // half of the next record fits
    full = (*file)->Append("abcdefghij");
  }
  EXPECT_THAT(std::string(full.message()), HasSubstr(Path() + ": cannot append 10 bytes"));
  EXPECT_EQ(*ReadFile(Path()), "1234567890");
  EXPECT_TRUE((*file)->Append("abc").ok()) << "there is space again";
  EXPECT_EQ(*ReadFile(Path()), "1234567890abc");
}

TEST(AppendedFileTest, AFolderThatCannotBeMadeIsNamed) {
  EXPECT_THAT(std::string(AppendedFile::Open("/proc/nowhere/log", 0).status().message()),
              HasSubstr("/proc/nowhere"));
}

}  // namespace
}  // namespace mrsn

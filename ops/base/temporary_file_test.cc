#include "ops/base/temporary_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string Folder() {
  const std::string folder = ::testing::TempDir() + "/temporary_file." + std::to_string(::getpid());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

int FilesIn(const std::string& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) count += entry.is_regular_file();
  return count;
}

TEST(TemporaryFileTest, TheTargetChangesOnlyWhenAllIsWritten) {
  const std::string folder = Folder(), target = folder + "/a.mp4";
  ASSERT_TRUE(WriteFileAtomically(target, "old").ok());
  {
    TemporaryFile file(target);
    EXPECT_THAT(file.path(), EndsWith(".mp4"));
    std::ofstream(file.path()) << "half";
    EXPECT_EQ(*ReadFile(target), "old");
    EXPECT_EQ(FilesIn(folder), 2);
  }
  EXPECT_EQ(*ReadFile(target), "old");
  EXPECT_EQ(FilesIn(folder), 1);
  {
    TemporaryFile file(target);
    std::ofstream(file.path()) << "new";
    EXPECT_TRUE(file.Commit().ok());
  }
  EXPECT_EQ(*ReadFile(target), "new");
  EXPECT_EQ(FilesIn(folder), 1);
}

TEST(TemporaryFileTest, TwoOfOneTargetHaveTheirOwnNames) {
  const std::string target = Folder() + "/a.csv";
  const TemporaryFile a(target), b(target);
  EXPECT_NE(a.path(), b.path());
}

TEST(TemporaryFileTest, ErrorsNameTheTarget) {
  TemporaryFile file(Folder() + "/nowhere/a.csv");
  EXPECT_THAT(std::string(file.Commit().message()), HasSubstr("/nowhere/a.csv: cannot write"));
}

}  // namespace
}  // namespace mrsn

#include "ops/base/file.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/testing/full_disk.h"

namespace mrsn {
namespace {

using ::testing::HasSubstr;

std::string Folder() {
  std::string folder = ::testing::TempDir() + "file_test." + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  return folder;
}

int FilesIn(const std::string& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) count += entry.is_regular_file();
  return count;
}

TEST(FileTest, WritesMakesFoldersAndReadsBack) {
  const std::string path = Folder() + "/a/b/c.txt";
  const std::string contents("line\n\0binary", 12);
  ASSERT_TRUE(WriteFileAtomically(path, contents).ok());
  ASSERT_TRUE(WriteFileAtomically(path, contents + "!").ok());
  EXPECT_EQ(*ReadFile(path), contents + "!");
  EXPECT_EQ(FilesIn(Folder() + "/a/b"), 1);
}

TEST(FileTest, MissingFileIsNamed) {
  const auto read = ReadFile("/nowhere/x.csv");
  EXPECT_EQ(read.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("/nowhere/x.csv"));
}

TEST(FileTest, AFullDiskLeavesTheOldFileAndNoTemporary) {
  const std::string folder = Folder() + "/full";
  const std::string path = folder + "/result.txt";
  ASSERT_TRUE(WriteFileAtomically(path, "old").ok());
  absl::Status status;
  {
    const testing::FullDisk disk(1000);
    status = WriteFileAtomically(path, std::string(100000, 'x'));
  }
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  EXPECT_EQ(*ReadFile(path), "old");
  EXPECT_EQ(FilesIn(folder), 1);
}

TEST(FileTest, RelativePathsMeanTheUsersFolder) {
  ::setenv("BUILD_WORKING_DIRECTORY", "/home/someone", 1);
  EXPECT_EQ(UserPath("x.csv"), "/home/someone/x.csv");
  EXPECT_EQ(UserPath("/x.csv"), "/x.csv");
  ::unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_EQ(UserPath("x.csv"), "x.csv");
}

}  // namespace
}  // namespace mrsn

#include "datasets/media/temporary_folder.h"

#include <unistd.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

class TemporaryFolderTest : public ::testing::Test {
 protected:
  TemporaryFolderTest()
      : root_(absl::StrCat(::testing::TempDir(), "temporary_folder.", ::getpid(), "/",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name())),
        to_(root_ + "/frames") {}

  // Writes a folder with one file and gives it the name `to`.
  absl::Status Write(const std::string& contents, const std::string& to) {
    TemporaryFolder folder(root_ + "/frames.tmp");
    if (absl::Status taken = folder.Take(); !taken.ok()) return taken;
    EXPECT_TRUE(WriteFileAtomically(folder.path() + "/1.jpg", contents).ok());
    return folder.Rename(to);
  }

  int Entries() const {
    int entries = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(root_)) ++entries;
    return entries;
  }

  const std::string root_, to_;
};

TEST_F(TemporaryFolderTest, ReplacesTheFolderThatWasThere) {
  ASSERT_TRUE(Write("old", to_).ok());
  EXPECT_EQ(*ReadFile(to_ + "/1.jpg"), "old");
  ASSERT_TRUE(WriteFileAtomically(to_ + "/2.jpg", "old").ok());
  ASSERT_TRUE(Write("new", to_).ok());
  EXPECT_EQ(*ReadFile(to_ + "/1.jpg"), "new");
  EXPECT_FALSE(FileExists(to_ + "/2.jpg"));
  EXPECT_EQ(Entries(), 1);
}

// A folder cannot become a part of itself.
TEST_F(TemporaryFolderTest, WhatWasThereStaysIfTheRenamingFails) {
  const std::string inside = root_ + "/frames.tmp/inside";
  TemporaryFolder folder(root_ + "/frames.tmp");
  ASSERT_TRUE(folder.Take().ok());
  ASSERT_TRUE(WriteFileAtomically(inside + "/1.jpg", "old").ok());
  EXPECT_THAT(std::string(folder.Rename(inside).message()), HasSubstr(inside + ": cannot rename "));
  EXPECT_EQ(*ReadFile(inside + "/1.jpg"), "old");
}

TEST_F(TemporaryFolderTest, IsGoneUnlessItWasRenamed) {
  {
    TemporaryFolder folder(root_ + "/frames.tmp");
    ASSERT_TRUE(folder.Take().ok());
    TemporaryFolder other(root_ + "/frames.tmp");
    EXPECT_EQ(other.Take().code(), absl::StatusCode::kAborted);
    EXPECT_TRUE(FileExists(folder.path()));
  }
  EXPECT_EQ(Entries(), 0);
}

}  // namespace
}  // namespace mrsn::datasets

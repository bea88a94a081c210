#include "ops/base/runfiles.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn {
namespace {

class RunfilesTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"TEST_SRCDIR", "RUNFILES_DIR", "BUILD_WORKSPACE_DIRECTORY"}) ::unsetenv(name);
  }
};

TEST_F(RunfilesTest, TestsAndBazelRunSayWhereDataFilesAre) {
  ::setenv("RUNFILES_DIR", "/a/run.runfiles", 1);
  EXPECT_EQ(DataFilesRoot(), "/a/run.runfiles/mrsn");
  ::setenv("TEST_SRCDIR", "/a/test.runfiles", 1);
  EXPECT_EQ(DataFilesRoot(), "/a/test.runfiles/mrsn");
}

TEST_F(RunfilesTest, AProgramStartedByItsPathLooksBesideItself) {
  // Bazel made such a folder for this test, whose data is this file.
  const std::string root = DataFilesRoot();
  EXPECT_EQ(root, std::filesystem::read_symlink("/proc/self/exe").string() + ".runfiles/mrsn");
  EXPECT_TRUE(FileExists(root + "/ops/base/runfiles_test.cc"));
}

TEST_F(RunfilesTest, TheWorkspaceIsKnownUnderBazelRunOnly) {
  EXPECT_FALSE(WorkspaceRoot().has_value());
  ::setenv("BUILD_WORKSPACE_DIRECTORY", "", 1);
  EXPECT_FALSE(WorkspaceRoot().has_value());
  ::setenv("BUILD_WORKSPACE_DIRECTORY", "/home/u/mrsn", 1);
  EXPECT_EQ(WorkspaceRoot(), "/home/u/mrsn");
}

TEST(ShownPathTest, DropsBazelsFolders) {
  EXPECT_EQ(ShownPath("/home/u/.cache/bin/experiments/train.runfiles/mrsn/experiments/configs/a.textproto"),
            "experiments/configs/a.textproto");
  EXPECT_EQ(ShownPath("configs/a.textproto"), "configs/a.textproto");
}

}  // namespace
}  // namespace mrsn

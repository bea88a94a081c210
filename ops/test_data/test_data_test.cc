#include "ops/test_data/test_data.h"

#include <cstdlib>

#include "gtest/gtest-spi.h"
#include "ops/base/file.h"

namespace mrsn {
namespace {

// Sets the variable for one test.
class TestDataTest : public ::testing::Test {
 protected:
  TestDataTest() : before_(TestDataFolder()) {}
  ~TestDataTest() override { ::setenv("MRSN_TEST_DATA", before_.c_str(), 1); }
  const std::string before_;
};

TEST_F(TestDataTest, FilesLieBelowTheFolder) {
  const std::string folder = ::testing::TempDir() + "test_data_test";
  ASSERT_TRUE(WriteFileAtomically(folder + "/a/b.txt", "text").ok());
  ::setenv("MRSN_TEST_DATA", folder.c_str(), 1);
  EXPECT_EQ(TestDataFolder(), folder);
  EXPECT_EQ(TestData("a/b.txt"), folder + "/a/b.txt");
}

TEST_F(TestDataTest, AMissingFileFailsTheTest) {
  ::setenv("MRSN_TEST_DATA", "/nowhere", 1);
  EXPECT_NONFATAL_FAILURE(TestData("a.txt"), "/nowhere/a.txt: no such file");
}

void SkipsHere(bool* reached_the_end) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  *reached_the_end = true;
}

TEST_F(TestDataTest, AFolderThatIsThereDoesNotSkip) {
  bool reached_the_end = false;
  ::setenv("MRSN_TEST_DATA", "/somewhere", 1);
  SkipsHere(&reached_the_end);
  EXPECT_TRUE(reached_the_end);
  EXPECT_FALSE(IsSkipped());
}

// Marks this very test as skipped, which is how it passes.
TEST_F(TestDataTest, WithoutFolderTheTestIsSkipped) {
  bool reached_the_end = false;
  ::unsetenv("MRSN_TEST_DATA");
  SkipsHere(&reached_the_end);
  EXPECT_FALSE(reached_the_end);
  EXPECT_TRUE(IsSkipped());
}

}  // namespace
}  // namespace mrsn

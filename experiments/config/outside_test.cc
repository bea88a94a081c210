// Experiments of files that lie outside of the tree.
#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_replace.h"
#include "experiments/config/config.h"
#include "experiments/testing/config_files.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

// Beside the tree, in a folder of the user's.
class OutsideTest : public ConfigFiles {
 protected:
  void SetUp() override {
    ConfigFiles::SetUp();
    Write("micro/acre", "base: \"base/b\"\nmodel { mrsn { acre {} } }");
    user_ = root_ + "/../user." + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    user_ = std::filesystem::path(user_).lexically_normal();
    std::filesystem::remove_all(user_);
  }
  std::string UserFile(const std::string& name, const std::string& text) {
    const std::string path = user_ + "/" + name;
    EXPECT_TRUE(WriteFileAtomically(path, text).ok());
    return path;
  }
  std::string ErrorOf(const std::string& path) {
    return absl::StrReplaceAll(ConfigFiles::ErrorOf(path), {{user_, "U"}});
  }

  std::string user_;
};

TEST_F(OutsideTest, AnExperimentStandsOnTheTreeByName) {
  const std::string path = UserFile("my.textproto", "base: \"micro/acre\"\ntrain { epochs: 7 }");
  const auto mine = LoadExperiment(root_, path);
  ASSERT_TRUE(mine.ok()) << mine.status();
  EXPECT_EQ(mine->name, "my");
  EXPECT_EQ(mine->source, path);
  EXPECT_EQ(mine->path, path);
  EXPECT_FALSE(mine->changed);
  EXPECT_TRUE(mine->experiment.model().mrsn().has_acre());
  EXPECT_EQ(mine->experiment.train().epochs(), 7);
}

TEST_F(OutsideTest, FilesBesideIt) {
  UserFile("common/first.textproto", "base: \"micro/acre\"\ninputs { initialise_from: \"pre.textproto\" }");
  UserFile("common/pre.textproto", "base: \"base/b\"");
  const std::string path = UserFile(
      "my.textproto", "base: \"common/first.textproto\"\ninputs { relation_bank_from: \"micro/acre\" }");
  const auto mine = LoadExperiment(root_, path);
  ASSERT_TRUE(mine.ok()) << mine.status();
  EXPECT_EQ(mine->experiment.inputs().initialise_from(), user_ + "/common/pre.textproto");
  EXPECT_EQ(mine->experiment.inputs().relation_bank_from(), "micro/acre");
  // A folder of another name changes nothing that is measured.
  const std::string before = user_;
  user_ += ".moved";
  std::filesystem::remove_all(user_);
  std::filesystem::rename(before, user_);
  const auto moved = LoadExperiment(root_, user_ + "/my.textproto");
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->fingerprint, mine->fingerprint);
}

TEST_F(OutsideTest, ErrorsNameFileAndLine) {
  EXPECT_EQ(ErrorOf(user_ + "/my.textproto"), "there is no file U/my.textproto");
  EXPECT_EQ(ErrorOf(UserFile("my.textproto", "base: \"micro/acer\"")),
            "U/my.textproto:1:1: base: unknown experiment 'micro/acer': there is no R/micro/acer.textproto; "
            "did you mean micro/acre?");
  EXPECT_EQ(ErrorOf(UserFile("my.textproto", "\nbase: \"other.textproto\"")),
            "U/my.textproto:2:1: base: there is no file U/other.textproto");
  EXPECT_EQ(ErrorOf(UserFile("my.textproto", "base: \"my.textproto\"")),
            "U/my.textproto:1:1: base: the bases form a cycle: U/my.textproto -> U/my.textproto "
            "(U/my.textproto)");
  EXPECT_EQ(ErrorOf(UserFile("my.textproto", "base: \"base/b\"\ntrain { batch_size: 0 }")),
            "U/my.textproto:2:9: train.batch_size is 0; allowed: 1 to 4096");
  EXPECT_EQ(
      ErrorOf(UserFile("my.textproto", "base: \"base/b\"\ninputs { initialise_from: \"pre.textproto\" }")),
      "U/my.textproto:2:10: inputs.initialise_from: there is no file U/pre.textproto");
  // Only files outside the tree refer to files.
  Write("x", "base: \"micro/acre.textproto\"");
  EXPECT_THAT(ErrorOf("x"), ::testing::HasSubstr("unknown experiment 'micro/acre.textproto'"));
}

TEST_F(OutsideTest, ThreeFilesOutsideOnThreeInside) {
  Write("deep", "base: \"micro/acre\"");
  UserFile("c.textproto", "base: \"deep\"");
  UserFile("b.textproto", "base: \"c.textproto\"");
  EXPECT_EQ(ErrorOf(UserFile("a.textproto", "base: \"b.textproto\"")), "no error");
  EXPECT_THAT(ErrorOf(UserFile("z.textproto", "base: \"a.textproto\"")),
              ::testing::HasSubstr("more than 3 files deep"));
}

}  // namespace
}  // namespace mrsn::experiments

#include "experiments/run/run_many.h"

#include <unistd.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "experiments/run/child_message.h"
#include "experiments/testing/tiny_experiments.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/file_lock.h"

namespace mrsn::experiments {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RunManyTest : public ::testing::Test {
 protected:
  RunManyTest() {
    const std::string folder = absl::StrCat(::testing::TempDir(), "many.", ::getpid(), "/",
                                            ::testing::UnitTest::GetInstance()->current_test_info()->name());
    settings_.configs_root = folder + "/configs";
    settings_.output_root = folder + "/out";
    WriteTinyExperiments(settings_.configs_root);
  }

  bool HasResult(const std::string& label) const {
    return FileExists(ResultPath(settings_.output_root, label, 0));
  }

  RunSettings settings_;
};

TEST_F(RunManyTest, ARunThatOthersNeedComesFirstAndOnce) {
  const std::vector<RunRequest> requests = {
      {"long", "", "", 0}, {"short", "", "", 0}, {"short", "train { epochs: 0.5 }", "short@half", 0}};
  const absl::Status ran = RunMany(requests, settings_, 2);
  ASSERT_TRUE(ran.ok()) << ran;
  EXPECT_TRUE(HasResult("long") && HasResult("short") && HasResult("short@half"));
  // One child for each run: each log ends with its score.
  for (const std::string label : {"pre", "short", "long", "short@half"}) {
    const auto log = ReadFile(absl::StrCat(settings_.output_root, "/logs/", label, "/seed0.log"));
    ASSERT_TRUE(log.ok()) << log.status();
    const size_t score = log->find("frame-mAP@");
    ASSERT_NE(score, std::string::npos) << label;
    EXPECT_EQ(log->find("frame-mAP@", score + 1), std::string::npos) << label;
  }
  const auto message =
      ReadChildMessage(absl::StrCat(settings_.output_root, "/logs/short@half/seed0.run.textproto"));
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->request.experiment, "short");
  EXPECT_EQ(message->request.override_text, "train { epochs: 0.5 }");
  EXPECT_EQ(message->settings.output_root, settings_.output_root);
}

TEST_F(RunManyTest, ProcessesOfARunShareItsBatches) {
  settings_.processes = 2;
  const absl::Status ran = RunMany({{"pre", "", "", 0}}, settings_, 1);
  ASSERT_TRUE(ran.ok()) << ran;
  EXPECT_TRUE(HasResult("pre"));
  const absl::Status refused = RunMany({{"pre", "train { batch_size: 3 }", "pre@three", 0}}, settings_, 1);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("train.batch_size is 3, which 2 processes cannot share equally"));
}

TEST_F(RunManyTest, WithoutWaitingALockedRunIsAnError) {
  ASSERT_TRUE(RunMany({{"pre", "", "", 0}}, settings_, 1).ok());
  std::string folder;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.output_root + "/runs/pre")) {
    folder = entry.path();
  }
  ASSERT_TRUE(std::filesystem::remove(ResultPath(settings_.output_root, "pre", 0)));
  const auto lock = FileLock::Try(folder + "/lock", "the test");
  ASSERT_TRUE(lock.ok()) << lock.status();
  settings_.wait = false;
  EXPECT_THAT(std::string(RunMany({{"pre", "", "", 0}}, settings_, 1).message()),
              HasSubstr("evaluate pre: has to wait for process "));
}

TEST_F(RunManyTest, AChildsErrorIsShown) {
  const std::vector<RunRequest> requests = {
      {"pre", "inputs { pretrained_backbone: \"w.safetensors\" }", "pre@pretrained", 0}};
  EXPECT_THAT(std::string(RunMany(requests, settings_, 1).message()),
              AllOf(HasSubstr("pre@pretrained seed 0: exited with 1"),
                    HasSubstr("error: pre: inputs.pretrained_backbone: "), HasSubstr("w.safetensors")));
}

TEST_F(RunManyTest, AnErrorInAConfigIsFoundBeforeAnythingRuns) {
  const std::vector<RunRequest> requests = {{"short", "", "", 0}, {"shrt", "", "", 0}};
  EXPECT_THAT(std::string(RunMany(requests, settings_, 1).message()), HasSubstr("unknown experiment 'shrt'"));
  EXPECT_FALSE(FileExists(settings_.output_root));
}

TEST_F(RunManyTest, OtherCommandLinesAreNotAChilds) {
  std::string program = "program", flag = "--seed=1", child = "--child-run", path = settings_.configs_root;
  char* own[] = {program.data(), flag.data(), nullptr};
  int exit_code = -1;
  EXPECT_FALSE(RanAsChild(2, own, &exit_code));
  EXPECT_EQ(exit_code, -1);
  char* bad[] = {program.data(), child.data(), path.data(), nullptr};
  EXPECT_TRUE(RanAsChild(3, bad, &exit_code));
  EXPECT_EQ(exit_code, 2) << "there is no message";
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  int exit_code;
  if (mrsn::experiments::RanAsChild(argc, argv, &exit_code)) return exit_code;
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

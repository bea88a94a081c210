#include "experiments/run/child_jobs.h"

#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

class JobsTest : public ::testing::Test {
 protected:
  Job Shell(const std::string& name, const std::string& script, std::vector<int> after = {}) {
    return {name, {"/bin/sh", "-c", script}, std::move(after), folder_ + "/" + name + ".log"};
  }
  const std::string folder_ = ::testing::TempDir() + "jobs." + std::to_string(::getpid());
};

TEST_F(JobsTest, EachRunsAfterWhatItNeedsWhateverTheOrder) {
  const std::string made = folder_ + "/made";
  const absl::Status status =
      RunJobs({Shell("second", "cat " + made, {1}), Shell("first", "sleep 0.1; echo content >" + made)}, 2);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(*ReadFile(folder_ + "/second.log"), "content\n");
}

TEST_F(JobsTest, AFailureIsNamedWithItsLastLinesAndStopsWhatNeedsIt) {
  const std::string made = folder_ + "/not_made";
  const absl::Status status =
      RunJobs({Shell("bad", "echo the reason >&2; exit 3"), Shell("after", "touch " + made, {0})}, 2);
  EXPECT_THAT(std::string(status.message()), HasSubstr("bad: exited with 3"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("the reason"));
  EXPECT_FALSE(FileExists(made));
}

TEST_F(JobsTest, AKilledChildIsAFailure) {
  const absl::Status status = RunJobs({Shell("killed", "kill -9 $$")}, 1);
  EXPECT_THAT(std::string(status.message()), HasSubstr("killed by signal 9"));
}

TEST_F(JobsTest, CirclesAreAnErrorNotAHang) {
  EXPECT_FALSE(RunJobs({Shell("a", "true", {1}), Shell("b", "true", {0})}, 2).ok());
}

TEST_F(JobsTest, AtMostTheGivenNumberAtOnce) {
  // Each job fails if another one's marker is there.
  const std::string script =
      "test ! -e " + folder_ + "/busy && touch " + folder_ + "/busy && sleep 0.05 && rm " + folder_ + "/busy";
  EXPECT_TRUE(RunJobs({Shell("a", script), Shell("b", script), Shell("c", script)}, 1).ok());
}

}  // namespace
}  // namespace mrsn::experiments

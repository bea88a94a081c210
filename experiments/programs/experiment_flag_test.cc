#include "experiments/programs/experiment_flag.h"

#include <cstdlib>
#include <string>

#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

std::string Flag(const std::string& experiment, const std::string& config) {
  const auto flag = ExperimentFlag(experiment, config);
  return flag.ok() ? *flag : std::string(flag.status().message());
}

TEST(ExperimentFlagTest, NamesStayAndFilesAreThoseTheUserSees) {
  ::setenv("BUILD_WORKING_DIRECTORY", "/home/me", 1);
  EXPECT_EQ(Flag("micro/acre", ""), "micro/acre");
  EXPECT_EQ(Flag("", "my.textproto"), "/home/me/my.textproto");
  EXPECT_EQ(Flag("", "../you/my.textproto"), "/home/you/my.textproto");
  EXPECT_EQ(Flag("", "/data/my.textproto"), "/data/my.textproto");
}

TEST(ExperimentFlagTest, ExactlyOne) {
  EXPECT_EQ(Flag("", ""), "set --experiment or --config");
  EXPECT_EQ(Flag("micro/acre", "my.textproto"), "--experiment and --config are both set");
  EXPECT_EQ(Flag("", "my.txt"), "--config=my.txt; allowed: a file <name>.textproto");
  EXPECT_EQ(Flag("/data/my.textproto", ""),
            "--experiment=/data/my.textproto is a path; --config takes files");
}

}  // namespace
}  // namespace mrsn::experiments

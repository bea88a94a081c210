#include "ops/base/program.h"

#include <stdexcept>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

ABSL_FLAG(int, count, 3, "Things to count.");
ABSL_FLAG(bool, fast, false, "Count quickly.");
ABSL_FLAG(std::string, name, "", "Whose things.");

namespace mrsn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kUsage[] = "Counts.\n\n  count --count=4\n";

struct Outcome {
  int code = -1, count = -1;
  bool fast = false, ran = false;
  std::string name, output, error;
};

Outcome RunCount(std::vector<std::string> words, absl::Status result = absl::OkStatus()) {
  words.insert(words.begin(), "count");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  absl::SetFlag(&FLAGS_count, 3);
  absl::SetFlag(&FLAGS_fast, false);
  absl::SetFlag(&FLAGS_name, "");
  Outcome outcome;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  outcome.code = RunProgram(static_cast<int>(argv.size()), argv.data(), kUsage, [&] {
    outcome.ran = true;
    return result;
  });
  outcome.output = testing::internal::GetCapturedStdout();
  outcome.error = testing::internal::GetCapturedStderr();
  outcome.count = absl::GetFlag(FLAGS_count);
  outcome.fast = absl::GetFlag(FLAGS_fast);
  outcome.name = absl::GetFlag(FLAGS_name);
  return outcome;
}

TEST(RunProgramTest, HelpPrintsUsageAndFlagsAndEndsWithZero) {
  const Outcome outcome = RunCount({"--help"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_FALSE(outcome.ran);
  EXPECT_EQ(outcome.error, "");
  EXPECT_THAT(outcome.output, HasSubstr("Counts.\n\n  count --count=4\n"));
  EXPECT_THAT(outcome.output, HasSubstr("--count=3\n      Things to count.\n"));
  EXPECT_THAT(outcome.output, Not(HasSubstr("fromenv")));  // a flag of the library
}

TEST(RunProgramTest, SetsFlagsInEveryForm) {
  const Outcome joined = RunCount({"--count=5", "--fast", "--name=a=b"});
  EXPECT_EQ(joined.code, 0);
  EXPECT_TRUE(joined.ran);
  EXPECT_EQ(joined.count, 5);
  EXPECT_TRUE(joined.fast);
  EXPECT_EQ(joined.name, "a=b");
  const Outcome apart = RunCount({"--count", "-1", "--fast=true", "--nofast", "--name", "--help"});
  EXPECT_EQ(apart.code, 0);
  EXPECT_EQ(apart.count, -1);
  EXPECT_FALSE(apart.fast);
  EXPECT_EQ(apart.name, "--help");
}

TEST(RunProgramTest, MistakesInTheCommandLineAreCodeTwo) {
  const auto error = [](std::vector<std::string> words) {
    const Outcome outcome = RunCount(std::move(words));
    EXPECT_EQ(outcome.code, 2) << outcome.error;
    EXPECT_FALSE(outcome.ran);
    EXPECT_EQ(outcome.output, "");
    return outcome.error;
  };
  EXPECT_EQ(error({"more"}), "error: unexpected argument 'more'; see --help\n");
  EXPECT_EQ(error({"--"}), "error: unexpected argument '--'; see --help\n");
  EXPECT_EQ(error({"--cuont=4"}), "error: unknown flag '--cuont=4'; see --help\n");
  EXPECT_EQ(error({"--nocount"}), "error: unknown flag '--nocount'; see --help\n");
  EXPECT_EQ(error({"--count"}), "error: --count has no value; see --help\n");
  EXPECT_THAT(error({"--count=many"}), HasSubstr("error: --count=many: "));
  EXPECT_THAT(error({"--fast=perhaps"}), HasSubstr("error: --fast=perhaps: "));
}

TEST(RunProgramTest, ErrorsOfTheBodyAreCodeOneOrTwo) {
  const Outcome failed = RunCount({}, absl::NotFoundError("a.csv: not there"));
  EXPECT_EQ(failed.code, 1);
  EXPECT_EQ(failed.error, "error: a.csv: not there\n");
  const Outcome wrong = RunCount({}, WrongUsage("--name is not set"));
  EXPECT_EQ(wrong.code, 2);
  EXPECT_EQ(wrong.error, "error: --name is not set; see --help\n");
}

TEST(RunProgramTest, AnExceptionIsCodeOne) {
  char name[] = "count";
  char* argv[] = {name};
  testing::internal::CaptureStderr();
  const int code =
      RunProgram(1, argv, kUsage, []() -> absl::Status { throw std::runtime_error("no memory"); });
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: no memory\n");
  EXPECT_EQ(code, 1);
}

}  // namespace
}  // namespace mrsn

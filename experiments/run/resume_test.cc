// Kills a training with SIGKILL in the middle, starts it again, and expects what an
// undisturbed run gives.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/run/run_experiment.h"
#include "experiments/run/run_many.h"
#include "experiments/run/run_settings.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

RunSettings Settings(const std::string& folder) {
  RunSettings settings;
  settings.configs_root = DataFilesRoot() + "/experiments/configs";
  settings.output_root = absl::StrCat(::testing::TempDir(), "resume.", ::getpid(), "/", folder);
  return settings;
}

// The newest file of that name below `folder`, or "".
std::string Find(const std::string& folder, const std::string& name) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
    if (entry.path().filename() == name) return entry.path();
  }
  return "";
}

std::string experiment, change;  // --experiment and --override of the test program

TEST(ResumeTest, AKilledTrainingGoesOnAndGivesTheSameWeightsAndScores) {
  ASSERT_FALSE(experiment.empty()) << "--experiment is not set";
  const std::vector<RunRequest> request = {{experiment, change, "", 0}};
  const RunSettings undisturbed = Settings("undisturbed");
  ASSERT_TRUE(RunMany(request, undisturbed, 1).ok());
  const auto expected = RunExperiment(request[0], undisturbed);
  ASSERT_TRUE(expected.ok()) << expected.status();

  const RunSettings killed = Settings("killed");
  const pid_t child = ::fork();
  if (child == 0) {
    // A process group of its own, so that the kill reaches the training under RunMany, too.
    ::setpgid(0, 0);
    ::_exit(RunMany(request, killed, 1).ok() ? 0 : 1);
  }
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  while (Find(killed.output_root, "checkpoint-000000002.safetensors").empty() && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  ::kill(-child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the run ended before it could be killed";
  ASSERT_FALSE(Find(killed.output_root, "checkpoint-000000002.safetensors").empty());
  ASSERT_TRUE(Find(killed.output_root, "weights.safetensors").empty()) << "killed too late to test resuming";

  ASSERT_TRUE(RunMany(request, killed, 1).ok());
  const auto resumed = RunExperiment(request[0], killed);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->result.weights_hash(), expected->result.weights_hash());
  EXPECT_EQ(resumed->result.precision(), expected->result.precision());
  EXPECT_EQ(resumed->result.frame_map(), expected->result.frame_map());
  EXPECT_EQ(*ReadFile(Find(killed.output_root, "detections.csv")),
            *ReadFile(Find(undisturbed.output_root, "detections.csv")));
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  int exit_code;
  if (mrsn::experiments::RanAsChild(argc, argv, &exit_code)) return exit_code;
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (absl::ConsumePrefix(&argument, "--experiment=")) {
      mrsn::experiments::experiment = std::string(argument);
    } else if (absl::ConsumePrefix(&argument, "--override=")) {
      mrsn::experiments::change = std::string(argument);
    }
  }
  return RUN_ALL_TESTS();
}

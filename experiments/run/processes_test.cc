// Runs whole experiments by processes of this program: training, bank, evaluation.
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "experiments/config/text_proto.h"
#include "experiments/run/run_experiment.h"
#include "experiments/testing/chain_experiments.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/distributed/join_process_group.h"
#include "ops/distributed/local_processes.h"

namespace mrsn::experiments {
namespace {

constexpr char kChildFlag[] = "--child";
constexpr char kExperiment[] = "reader";

RunSettings Settings(const std::string& configs, const std::string& output) {
  RunSettings settings;
  settings.configs_root = configs;
  settings.output_root = output;
  return settings;
}

// One of the processes: 0 if the run has succeeded.
int RunChild(const std::string& configs, const std::string& output) {
  const auto environment = ReadProcessEnvironment();
  if (!environment.ok()) return 2;
  const auto group = JoinProcessGroup(*environment);
  if (!group.ok()) return 3;
  RunSettings settings = Settings(configs, output);
  settings.group = group->get();
  const auto finished = RunExperiment({kExperiment, "", "", 0}, settings);
  if (finished.ok()) return 0;
  std::fprintf(stderr, "error: %s\n", std::string(finished.status().message()).c_str());
  return 1;
}

class ProcessesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = absl::StrCat(::testing::TempDir(), "processes.", ::getpid());
    configs_ = folder_ + "/configs";
    WriteChainExperiments(configs_);
    const auto pre = RunExperiment({"pre", "", "", 0}, Settings(configs_, folder_ + "/pre"));
    ASSERT_TRUE(pre.ok()) << pre.status();
  }

  // A folder of runs in which "pre" has been trained.
  static std::string NewOutput(const std::string& name) {
    const std::string output = absl::StrCat(folder_, "/", name);
    std::filesystem::create_directories(output);
    std::filesystem::copy(folder_ + "/pre", output, std::filesystem::copy_options::recursive);
    return output;
  }

  static absl::Status RunTwo(const std::string& output) {
    LocalProcessOptions options;
    options.command = {ThisCommand()[0], kChildFlag, configs_, output};
    options.grace = absl::Minutes(1);
    return RunLocalProcesses(2, options);
  }

  static Result ResultIn(const std::string& output) {
    Result result;
    EXPECT_TRUE(ReadTextProto(ResultPath(output, kExperiment, 0), &result).ok());
    return result;
  }

  static std::string folder_, configs_;
};

std::string ProcessesTest::folder_, ProcessesTest::configs_;

TEST_F(ProcessesTest, TwoGiveTheScoresOfOne) {
  const std::string one = NewOutput("one"), two = NewOutput("two");
  const auto alone = RunExperiment({kExperiment, "", "", 0}, Settings(configs_, one));
  ASSERT_TRUE(alone.ok()) << alone.status();
  const absl::Status status = RunTwo(two);
  ASSERT_TRUE(status.ok()) << status;
  const Result expected = ResultIn(one), found = ResultIn(two);
  EXPECT_EQ(found.iterations(), 24);
  EXPECT_EQ(found.training_processes(), 2);
  EXPECT_EQ(found.evaluation_processes(), 2);
  EXPECT_EQ(expected.training_processes(), 1);
  EXPECT_EQ(expected.evaluation_processes(), 1);
  EXPECT_GT(expected.frame_map(), 0);
  EXPECT_NEAR(found.frame_map(), expected.frame_map(), 1e-6);
  ASSERT_EQ(found.per_class_size(), expected.per_class_size());
  for (int k = 0; k < found.per_class_size(); ++k) {
    EXPECT_NEAR(found.per_class(k).ap(), expected.per_class(k).ap(), 1e-6) << found.per_class(k).name();
  }
}

}  // namespace
}  // namespace mrsn::experiments

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], mrsn::experiments::kChildFlag) == 0) {
    return mrsn::experiments::RunChild(argv[2], argv[3]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

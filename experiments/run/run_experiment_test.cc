#include "experiments/run/run_experiment.h"

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/config/text_proto.h"
#include "experiments/testing/tiny_experiments.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/testing/full_disk.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class RunExperimentTest : public ::testing::Test {
 protected:
  RunExperimentTest() {
    const std::string folder = absl::StrCat(::testing::TempDir(), "run.", ::getpid(), "/",
                                            ::testing::UnitTest::GetInstance()->current_test_info()->name());
    settings_.configs_root = folder + "/configs";
    settings_.output_root = folder + "/out";
    WriteTinyExperiments(settings_.configs_root);
  }

  // The banks in the folder of an experiment's only run.
  std::vector<std::string> Banks(const std::string& experiment) const {
    std::vector<std::string> banks;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(settings_.output_root + "/runs/" + experiment)) {
      if (absl::StartsWith(entry.path().filename().string(), "bank-")) banks.push_back(entry.path());
    }
    return banks;
  }

  RunSettings settings_;
};

TEST_F(RunExperimentTest, LeavesWeightsDetectionsAndAResult) {
  const auto finished = RunExperiment({"short", "", "", 3}, settings_);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_EQ(finished->result_path, settings_.output_root + "/results/short/seed3.textproto");
  Result stored;
  ASSERT_TRUE(ReadTextProto(finished->result_path, &stored).ok());
  EXPECT_EQ(PrintTextProto(stored), PrintTextProto(finished->result));
  EXPECT_EQ(stored.experiment(), "short");
  EXPECT_EQ(stored.seed(), 3);
  EXPECT_EQ(stored.iterations(), 2);
  EXPECT_TRUE(stored.official());
  EXPECT_TRUE(stored.has_frame_map());
  EXPECT_TRUE(stored.has_multiply_adds());
  const std::filesystem::path folder = std::filesystem::path(finished->weights_path).parent_path();
  EXPECT_THAT(folder.string(), StartsWith(settings_.output_root + "/runs/short/seed3-"));
  EXPECT_TRUE(FileExists(finished->weights_path));
  EXPECT_TRUE(FileExists(folder / "detections.csv"));
  EXPECT_TRUE(FileExists(folder / "experiment.textproto"));
  EXPECT_FALSE(FileExists(folder / "checkpoints")) << "the weights say it all";
}

TEST_F(RunExperimentTest, AFinishedRunIsFoundOnDisk) {
  const auto first = RunExperiment({"short", "", "", 0}, settings_);
  ASSERT_TRUE(first.ok()) << first.status();
  // A mark that a second evaluation would lose.
  Result marked = first->result;
  marked.set_evaluate_seconds(12345);
  ASSERT_TRUE(WriteFileAtomically(first->result_path, PrintTextProto(marked)).ok());
  const auto trained = std::filesystem::last_write_time(first->weights_path);
  const auto second = RunExperiment({"short", "", "", 0}, settings_);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->result.evaluate_seconds(), 12345);
  EXPECT_EQ(std::filesystem::last_write_time(second->weights_path), trained);
  // The result of other weights is none of this run's: it is evaluated again, not trained.
  marked.set_weights_hash("of other weights");
  ASSERT_TRUE(WriteFileAtomically(first->result_path, PrintTextProto(marked)).ok());
  const auto third = RunExperiment({"short", "", "", 0}, settings_);
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_NE(third->result.evaluate_seconds(), 12345);
  EXPECT_EQ(third->result.weights_hash(), first->result.weights_hash());
  EXPECT_EQ(third->result.frame_map(), first->result.frame_map());
  EXPECT_EQ(std::filesystem::last_write_time(third->weights_path), trained);
}

// A result that cannot be written leaves weights and scores; the next run needs nothing but space.
TEST_F(RunExperimentTest, AFullDiskAtTheResultLosesNothing) {
  const std::string path = ResultPath(settings_.output_root, "short", 0);
  std::filesystem::create_directories(path + "/in_its_place");
  const auto blocked = RunExperiment({"short", "", "", 0}, settings_);
  EXPECT_THAT(std::string(blocked.status().message()), HasSubstr(path + ": cannot write "));
  std::filesystem::remove_all(path);
  std::string folder;  // of the run
  for (const auto& entry : std::filesystem::directory_iterator(settings_.output_root + "/runs/short")) {
    folder = entry.path();
  }
  const std::string parts = folder + "/detections.csv.parts",
                    detections = *ReadFile(folder + "/detections.csv");
  EXPECT_TRUE(FileExists(parts));
  const auto trained = std::filesystem::last_write_time(folder + "/weights.safetensors");
  {
    const testing::FullDisk disk(200);
    const auto full = RunExperiment({"short", "", "", 0}, settings_);
    EXPECT_THAT(std::string(full.status().message()), HasSubstr("detections.csv: cannot write "));
  }
  EXPECT_EQ(*ReadFile(folder + "/detections.csv"), detections);
  EXPECT_TRUE(FileExists(parts));
  const auto finished = RunExperiment({"short", "", "", 0}, settings_);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_TRUE(FileExists(path));
  EXPECT_EQ(*ReadFile(folder + "/detections.csv"), detections);
  EXPECT_EQ(std::filesystem::last_write_time(folder + "/weights.safetensors"), trained);
  EXPECT_FALSE(FileExists(parts));
}

TEST_F(RunExperimentTest, AnOverriddenRunHasAFolderOfItsOwnAndIsUnofficial) {
  const auto changed = RunExperiment({"short", "train { epochs: 0.5 }", "", 0}, settings_);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->result.experiment(),
            absl::StrCat("short@", changed->result.config_fingerprint().substr(0, 8)));
  EXPECT_EQ(changed->result.iterations(), 1);
  EXPECT_FALSE(changed->result.official());
  const auto named = RunExperiment({"short", "train { epochs: 0.5 }", "short@half", 0}, settings_);
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ(named->result_path, settings_.output_root + "/results/short@half/seed0.textproto");
  EXPECT_EQ(named->result.weights_hash(), changed->result.weights_hash());
}

// The advice that is given when the file of pretrained weights is missing is followed.
TEST_F(RunExperimentTest, AResultNamesThePretrainedWeights) {
  const auto pre = RunExperiment({"pre", "", "", 0}, settings_);
  ASSERT_TRUE(pre.ok()) << pre.status();
  EXPECT_FALSE(pre->result.has_pretrained_sha256());
  EXPECT_FALSE(pre->result.has_pretraining());
  EXPECT_TRUE(pre->result.has_train_data_fingerprint());
  settings_.data_root = settings_.output_root;
  const auto write = [&](const std::string& name, const std::string& file) {
    ASSERT_TRUE(WriteFileAtomically(
                    settings_.configs_root + "/" + name + ".textproto",
                    "base: \"pre\" inputs { pretrained_backbone: \"" + file + "\" pretraining: \"K000\" }")
                    .ok());
  };
  write("fine", std::filesystem::relative(pre->weights_path, settings_.output_root));
  const auto fine = RunExperiment({"fine", "", "", 0}, settings_);
  ASSERT_TRUE(fine.ok()) << fine.status();
  EXPECT_EQ(fine->result.pretraining(), "K000");
  EXPECT_EQ(fine->result.pretrained_sha256(), Fingerprint(*ReadFile(pre->weights_path)));
  // The same file elsewhere gives the same result, and it counts.
  std::filesystem::copy_file(pre->weights_path, settings_.output_root + "/copy.safetensors");
  const auto moved =
      RunExperiment({"fine", "inputs { pretrained_backbone: \"copy.safetensors\" }", "", 0}, settings_);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_TRUE(moved->result.official());
  EXPECT_EQ(moved->result.experiment(), "fine");
  EXPECT_EQ(moved->result.weights_hash(), fine->result.weights_hash());

  write("lost", "nowhere.safetensors");
  const std::string message(RunExperiment({"lost", "", "", 0}, settings_).status().message());
  const size_t begin = message.find("--override='");
  ASSERT_NE(begin, std::string::npos) << message;
  const std::string advice = message.substr(begin + 12, message.find('\'', begin + 12) - begin - 12);
  const auto random = RunExperiment({"lost", advice, "", 0}, settings_);
  EXPECT_TRUE(random.ok()) << random.status();
}

TEST_F(RunExperimentTest, TheBanksWriterIsTrainedFirstAndWritesOneBankForEachSplit) {
  const auto finished = RunExperiment({"long", "", "", 0}, settings_);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_EQ(Banks("short").size(), 2);
  EXPECT_EQ(Banks("pre").size(), 0);
  EXPECT_FALSE(FileExists(settings_.output_root + "/results/short/seed0.textproto"))
      << "nobody asked for the writer's scores";
  // The writer's weights are those of a run of its own.
  const auto writer = RunExperiment({"short", "", "", 0}, settings_);
  ASSERT_TRUE(writer.ok()) << writer.status();
  const auto again = RunExperiment({"long", "", "", 0}, settings_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->result.weights_hash(), finished->result.weights_hash());
}

// A changed threshold, clip or transform of the evaluation needs another bank; a changed cache does not.
TEST_F(RunExperimentTest, ReadersThatDifferShareNoBank) {
  size_t banks = 2;  // of training and evaluation
  ASSERT_TRUE(RunExperiment({"long", "", "", 0}, settings_).ok());
  EXPECT_EQ(Banks("short").size(), banks);
  for (const std::string change :
       {"proposals { inference_score: 0.3 }", "clip { stride: 1 }", "transform { short_side: 48 }"}) {
    const auto changed = RunExperiment({"long", "eval_data { " + change + " }", "", 0}, settings_);
    ASSERT_TRUE(changed.ok()) << changed.status();
    EXPECT_EQ(Banks("short").size(), ++banks) << change;
  }
  ASSERT_TRUE(RunExperiment({"long", "eval_data { cache_megabytes: 7 }", "", 0}, settings_).ok());
  EXPECT_EQ(Banks("short").size(), banks);
}

TEST_F(RunExperimentTest, WeightsOfAnotherRunAreNotUsed) {
  const auto one = RunExperiment({"short", "", "", 1}, settings_);
  const auto two = RunExperiment({"short", "", "", 2}, settings_);
  ASSERT_TRUE(one.ok() && two.ok());
  std::filesystem::copy_file(two->weights_path, one->weights_path,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(std::string(RunExperiment({"short", "", "", 1}, settings_).status().message()),
              HasSubstr("weights.safetensors: holds the weights of run "));
}

TEST_F(RunExperimentTest, ChangedWeightsAreNotUsed) {
  const auto run = RunExperiment({"short", "", "", 1}, settings_);
  ASSERT_TRUE(run.ok()) << run.status();
  std::string bytes = *ReadFile(run->weights_path);
  bytes[bytes.size() - 1] ^= 1;
  ASSERT_TRUE(WriteFileAtomically(run->weights_path, bytes).ok());
  EXPECT_THAT(std::string(RunExperiment({"short", "", "", 1}, settings_).status().message()),
              HasSubstr("weights.safetensors: its weights have the hash "));
}

TEST_F(RunExperimentTest, NothingIsBegunIfSomethingIsMissing) {
  const auto refused = RunExperiment({"long", "model { num_classes: 3 }", "", 0}, settings_);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("long: train_data: model.num_classes is 3; the data set has 15 classes"));
  EXPECT_FALSE(FileExists(settings_.output_root));
}

}  // namespace
}  // namespace mrsn::experiments

#include "experiments/run/evaluate_weights.h"

#include <unistd.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "experiments/config/text_proto.h"
#include "experiments/run/run_experiment.h"
#include "experiments/run/write_bank.h"
#include "experiments/tables/result_files.h"
#include "experiments/testing/tiny_experiments.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class EvaluateWeightsTest : public ::testing::Test {
 protected:
  EvaluateWeightsTest() {
    folder_ = absl::StrCat(::testing::TempDir(), "evaluate.", ::getpid(), "/",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name());
    settings_.configs_root = folder_ + "/configs";
    settings_.output_root = folder_ + "/out";
    WriteTinyExperiments(settings_.configs_root);
  }

  // A trained run; its weights and its own evaluation.
  FinishedRun Trained(const std::string& experiment, uint64_t seed) {
    const auto finished = RunExperiment({experiment, "", "", seed}, settings_);
    EXPECT_TRUE(finished.ok()) << finished.status();
    return finished.value_or(FinishedRun());
  }

  EvaluateWeightsOptions Options(const std::string& experiment, const std::string& checkpoint) const {
    EvaluateWeightsOptions options;
    options.request.experiment = experiment;
    options.settings = settings_;
    options.checkpoint = checkpoint;
    return options;
  }

  static std::string ErrorOf(const EvaluateWeightsOptions& options) {
    return std::string(EvaluateWeights(options).status().message());
  }

  std::string folder_;
  RunSettings settings_;
};

// A result without the facts of one evaluation: when it was, how long it took, who made the weights.
std::string Scores(Result result) {
  result.clear_evaluate_seconds();
  result.clear_peak_memory_bytes();
  result.clear_date();
  result.clear_given_weights();
  return PrintTextProto(result);
}

TEST_F(EvaluateWeightsTest, GivesTheTrainingsOwnEvaluationBitForBit) {
  const FinishedRun run = Trained("short", 3);
  EvaluateWeightsOptions options = Options("short", run.weights_path);
  options.output = folder_ + "/scores";
  const auto evaluated = EvaluateWeights(options);
  ASSERT_TRUE(evaluated.ok()) << evaluated.status();
  EXPECT_EQ(Scores(evaluated->result), Scores(run.result));
  EXPECT_TRUE(evaluated->result.official());
  EXPECT_FALSE(evaluated->result.given_weights().random());
  EXPECT_EQ(evaluated->result.given_weights().file(), "weights.safetensors");
  EXPECT_EQ(evaluated->result.given_weights().experiment(), "short");
  const std::string trained = std::filesystem::path(run.weights_path).parent_path().string();
  EXPECT_EQ(*ReadFile(evaluated->detections_path), *ReadFile(trained + "/detections.csv"));
  EXPECT_EQ(*ReadFile(evaluated->ground_truth_path), *ReadFile(trained + "/groundtruth.csv"));
  // The folder is one of results.
  const auto measured = ReadAllMeasurements(options.output);
  ASSERT_TRUE(measured.ok()) << measured.status();
  ASSERT_EQ(measured->size(), 1);
  EXPECT_EQ(measured->front().first, "short");
  EXPECT_EQ(measured->front().second.results.front().frame_map(), run.result.frame_map());
  // Nothing is evaluated twice, and nothing is written over.
  EXPECT_TRUE(EvaluateWeights(options)->was_there);
  options.checkpoint = "random:3";
  EXPECT_THAT(ErrorOf(options), HasSubstr("short/seed3.textproto: there is a result of other weights"));
}

TEST_F(EvaluateWeightsTest, RandomWeightsAreThoseOfTheSeed) {
  EvaluateWeightsOptions options = Options("short", "random:7");
  std::vector<EvaluatedWeights> evaluated;
  for (const std::string output : {"/one", "/two"}) {
    options.output = folder_ + output;
    const auto again = EvaluateWeights(options);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_FALSE(again->was_there);
    evaluated.push_back(*again);
  }
  EXPECT_EQ(Scores(evaluated[0].result), Scores(evaluated[1].result));
  EXPECT_EQ(*ReadFile(evaluated[0].detections_path), *ReadFile(evaluated[1].detections_path));
  EXPECT_EQ(evaluated[0].result.seed(), 7);
  EXPECT_TRUE(evaluated[0].result.given_weights().random());
  EXPECT_FALSE(evaluated[0].result.official());
  options.checkpoint = "random:8";
  const auto other = EvaluateWeights(options);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_NE(other->result.weights_hash(), evaluated[0].result.weights_hash());
}

// "pre" lacks the encoder of "short" and has another classifier: G is C wide there and 2d here.
TEST_F(EvaluateWeightsTest, WeightsOfAnotherExperimentAreRefusedByNameAndShape) {
  const FinishedRun pre = Trained("pre", 0), wide = Trained("short", 0);
  EXPECT_THAT(ErrorOf(Options("short", pre.weights_path)),
              AllOf(HasSubstr("weights.safetensors does not fill the model: as native: "),
                    HasSubstr("missing in the file: head."), Not(HasSubstr("\n"))));
  EvaluateWeightsOptions narrow = Options("short", wide.weights_path);
  narrow.request.override_text = "model { mrsn { width: 8 } }";
  EXPECT_THAT(ErrorOf(narrow), AllOf(HasSubstr("of another shape: head."),
                                     HasSubstr("] in the file, float32 ["), HasSubstr("] in the model)")));
  narrow.allow_missing = true;
  EXPECT_THAT(ErrorOf(narrow), HasSubstr("of another shape: head.")) << "no missing tensor, a wrong one";
}

TEST_F(EvaluateWeightsTest, AMissingHeadIsRefusedOrNamed) {
  const FinishedRun run = Trained("short", 0);
  Safetensors weights = *ReadSafetensors(run.weights_path);
  std::vector<std::string> head;
  for (const auto& [name, tensor] : weights.tensors) {
    if (name.rfind("head.", 0) == 0) head.push_back(name);
  }
  ASSERT_GT(head.size(), 2);
  for (const std::string& name : head) weights.tensors.erase(name);
  const std::string path = folder_ + "/backbone.safetensors";
  ASSERT_TRUE(WriteSafetensors(path, weights).ok());
  EvaluateWeightsOptions options = Options("short", path);
  EXPECT_THAT(ErrorOf(options), AllOf(HasSubstr(absl::StrCat(head.size(), " tensors missing in the file: ")),
                                      HasSubstr(head.front()), HasSubstr(head.back())));
  options.allow_missing = true;
  const auto evaluated = EvaluateWeights(options);
  ASSERT_TRUE(evaluated.ok()) << evaluated.status();
  EXPECT_EQ(evaluated->result.given_weights().missing_size(), static_cast<int>(head.size()));
  EXPECT_FALSE(evaluated->result.official());
  EXPECT_NE(evaluated->result.weights_hash(), run.result.weights_hash());
}

TEST_F(EvaluateWeightsTest, DamagedFilesAreRefused) {
  const FinishedRun run = Trained("short", 0);
  const std::string bytes = *ReadFile(run.weights_path);
  const std::string path = folder_ + "/damaged.safetensors";
  ASSERT_TRUE(WriteFileAtomically(path, bytes.substr(0, bytes.size() - 9)).ok());
  EXPECT_THAT(ErrorOf(Options("short", path)), AllOf(HasSubstr("damaged.safetensors"), Not(HasSubstr("\n"))));
  ASSERT_TRUE(WriteFileAtomically(path, bytes.substr(0, 40)).ok());
  EXPECT_THAT(ErrorOf(Options("short", path)), HasSubstr("damaged.safetensors"));
  std::string flipped = bytes;
  flipped[bytes.size() - 2] ^= 1;  // a value, not the header
  ASSERT_TRUE(WriteFileAtomically(path, flipped).ok());
  EXPECT_THAT(ErrorOf(Options("short", path)), HasSubstr("damaged.safetensors: its weights have the hash "));
  EXPECT_FALSE(FileExists(settings_.output_root + "/evaluations"));
}

TEST_F(EvaluateWeightsTest, ALongTermHeadReadsTheBankThatIsGiven) {
  const FinishedRun reader = Trained("long", 0);
  // The run of the bank's writer is finished: this only finds it.
  const FinishedRun writer = Trained("short", 0);
  EvaluateWeightsOptions options = Options("long", reader.weights_path);
  EXPECT_THAT(ErrorOf(options),
              AllOf(HasSubstr("long: inputs.relation_bank_from: the model reads the relation "
                              "bank that short writes"),
                    HasSubstr("--experiment=short --videos=eval"), Not(HasSubstr("\n"))));
  WriteBankOptions bank;
  bank.request.experiment = "short";
  bank.settings = settings_;
  bank.checkpoint = writer.weights_path;
  bank.bank = options.bank = folder_ + "/train";
  ASSERT_TRUE(WriteBank(bank).ok());
  EXPECT_THAT(ErrorOf(options), HasSubstr("does not belong here; boxes")) << "those of the training videos";
  bank.evaluated_videos = true;
  bank.bank = options.bank = folder_ + "/eval";
  ASSERT_TRUE(WriteBank(bank).ok());
  const auto evaluated = EvaluateWeights(options);
  ASSERT_TRUE(evaluated.ok()) << evaluated.status();
  EXPECT_EQ(Scores(evaluated->result), Scores(reader.result));
  EvaluateWeightsOptions none = Options("short", writer.weights_path);
  none.bank = options.bank;
  EXPECT_THAT(ErrorOf(none), HasSubstr("short reads no bank of another model; leave out --bank"));
}

TEST_F(EvaluateWeightsTest, AHeadWithAMemoryWritesItForTheEvaluatedVideos) {
  ASSERT_TRUE(WriteFileAtomically(settings_.configs_root + "/memory.textproto",
                                  "base: \"pre\"\nclear: \"model.mrsn\"\n"
                                  "model { aia { objects: false width: 16 mlp_width: 16 window_seconds: 2 "
                                  "asynchronous_memory: true } }\n")
                  .ok());
  const FinishedRun run = Trained("memory", 1);
  const auto evaluated = EvaluateWeights(Options("memory", run.weights_path));
  ASSERT_TRUE(evaluated.ok()) << evaluated.status();
  EXPECT_EQ(Scores(evaluated->result), Scores(run.result));
}

TEST_F(EvaluateWeightsTest, MissingDataIsNamedAndTrainingDataIsNotAskedFor) {
  EvaluateWeightsOptions options = Options("short", "random:0");
  options.request.override_text = "train_data { ucf24 {} } eval_data { ucf24 {} }";
  const std::string error = ErrorOf(options);
  EXPECT_THAT(error, AllOf(HasSubstr("eval_data: "), Not(HasSubstr("train_data: "))));
  EXPECT_FALSE(FileExists(settings_.output_root));
}

}  // namespace
}  // namespace mrsn::experiments

#include "experiments/engine/trainer.h"

#include <ATen/ATen.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "experiments/testing/fake_dataset.h"
#include "experiments/testing/trainer_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"
#include "ops/base/stop_signal.h"

namespace mrsn::experiments {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(TrainerTest, OneStepFollowsTheGradient) {
  config_.set_epochs(0.25);
  PulledWeights model(3, -4);
  ASSERT_TRUE(Run(model).ok());
  EXPECT_NEAR(model.a.item<double>(), 1 - 0.1 * 3, 1e-6);
  EXPECT_NEAR(model.b.item<double>(), 1 + 0.1 * 4, 1e-6);
  EXPECT_THAT(Log(), ElementsAre("1 -1 0.1"));
}

// (300, 400) has norm 500; at norm 5 it is (3, 4).
TEST_F(TrainerTest, GradientsAreClippedByTheNormOfAllTogether) {
  config_.set_epochs(0.25);
  config_.set_gradient_clip_norm(5);
  PulledWeights steep(300, 400);
  ASSERT_TRUE(Run(steep).ok());
  EXPECT_NEAR(steep.a.item<double>(), 1 - 0.1 * 3, 1e-6);
  EXPECT_NEAR(steep.b.item<double>(), 1 - 0.1 * 4, 1e-6);
}

TEST_F(TrainerTest, GradientsWithinTheLimitStay) {
  config_.set_epochs(0.25);
  config_.set_gradient_clip_norm(5);
  PulledWeights flat(0.3, 0.4);
  ASSERT_TRUE(Run(flat).ok());
  EXPECT_NEAR(flat.a.item<double>(), 1 - 0.1 * 0.3, 1e-6);
  EXPECT_NEAR(flat.b.item<double>(), 1 - 0.1 * 0.4, 1e-6);
}

TEST_F(TrainerTest, ALossThatIsNotFiniteEndsTheTraining) {
  PulledWeights model(1, 1);
  model.broken_call = 3;
  EXPECT_THAT(
      std::string(Run(model).message()),
      AllOf(
          ContainsRegex("train it: the loss is nan at iteration 3 .learning rate 0.1, "
                        "clips video. second 902, video. second 902.; lower train.learning_rate or set "
                        "train.gradient_clip_norm"),
          HasSubstr("The last checkpoint is " + options_.checkpoint_folder + "/checkpoint-000000002.safe")));
  EXPECT_TRUE(FileExists(options_.checkpoint_folder + "/checkpoint-000000002.safetensors"));
  EXPECT_NEAR(model.a.item<double>(), 1 - 3 * 0.1, 1e-6) << "the broken loss changed the weights";

  PulledWeights infinite(1, 1);
  options_.checkpoint_folder += ".other";
  infinite.broken_call = 0;
  infinite.broken_value = std::numeric_limits<double>::infinity();
  EXPECT_THAT(std::string(Run(infinite).message()), HasSubstr("the loss is inf at iteration 0"));
  EXPECT_FALSE(FileExists(options_.checkpoint_folder));
}

TEST_F(TrainerTest, AGradientThatIsNotFiniteEndsTheTraining) {
  PulledWeights model(1, 1);
  model.root = true;
  EXPECT_THAT(std::string(Run(model).message()),
              HasSubstr("the norm of the gradients is inf at iteration 0"));
  EXPECT_EQ(model.b.item<double>(), 1) << "the broken gradient changed the weights";
}

TEST_F(TrainerTest, EveryStepIsInTheLogWhenItIsDone) {
  PulledWeights model(3, 4);
  config_.set_checkpoint_every_iterations(100);
  model.broken_call = 3;
  ASSERT_FALSE(Run(model).ok());
  const auto log = ReadFile(options_.log_path);
  ASSERT_TRUE(log.ok()) << log.status();
  const std::vector<std::string> lines = absl::StrSplit(*log, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 3);
  const auto entry = nlohmann::json::parse(lines[2]);
  EXPECT_EQ(entry["gradient_norm"], 5);
  EXPECT_EQ(entry["epoch"], 0.75);
  EXPECT_GE(entry["data_wait_seconds"].get<double>(), 0);
  EXPECT_GT(entry["peak_memory_bytes"].get<int64_t>(), 1 << 20);
}

TEST_F(TrainerTest, TheLogGoesOnWhereTheCheckpointStands) {
  PulledWeights undisturbed(1, -2);
  undisturbed.noise = true;
  ASSERT_TRUE(Run(undisturbed).ok());
  const std::vector<std::string> expected = Log();
  ASSERT_EQ(expected.size(), 4);

  options_.checkpoint_folder += ".other";
  options_.log_path += ".other";
  PulledWeights stopped(1, -2);
  stopped.noise = true;
  stopped.broken_call = 3;
  ASSERT_FALSE(Run(stopped).ok());
  EXPECT_THAT(Log(), ElementsAre(expected[0], expected[1], expected[2]))
      << "the checkpoint is of iteration 2";

  PulledWeights resumed(1, -2);
  resumed.noise = true;
  ASSERT_TRUE(Run(resumed).ok());
  EXPECT_EQ(resumed.calls, 2);
  EXPECT_EQ(Log(), expected);
  EXPECT_TRUE(at::equal(resumed.a, undisturbed.a));
  EXPECT_TRUE(at::equal(resumed.b, undisturbed.b));
}

TEST_F(TrainerTest, TheTwoNewestCheckpointsAreKeptAndADamagedOneIsPassedOver) {
  config_.set_checkpoint_every_iterations(1);
  PulledWeights undisturbed(1, -2);
  undisturbed.noise = true;
  ASSERT_TRUE(Run(undisturbed).ok());
  EXPECT_THAT(Checkpoints(),
              ElementsAre("checkpoint-000000003.safetensors", "checkpoint-000000004.safetensors"));
  const std::string newest = options_.checkpoint_folder + "/checkpoint-000000004.safetensors";
  std::string bytes = *ReadFile(newest);
  bytes[bytes.size() - 2] ^= 1;
  ASSERT_TRUE(WriteFileAtomically(newest, bytes).ok());

  PulledWeights resumed(1, -2);
  resumed.noise = true;
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(Run(resumed).ok());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("goes on from " + options_.checkpoint_folder + "/checkpoint-000000003"),
                    HasSubstr(newest + ": is damaged")));
  EXPECT_EQ(resumed.calls, 1);
  EXPECT_TRUE(at::equal(resumed.a, undisturbed.a));
  EXPECT_EQ(Log().size(), 4);
}

TEST_F(TrainerTest, AStopSignalLeavesACheckpointOfTheRunningStep) {
  config_.set_checkpoint_every_iterations(100);
  PulledWeights undisturbed(1, -2);
  undisturbed.noise = true;
  ASSERT_TRUE(Run(undisturbed).ok());
  options_.checkpoint_folder += ".other";
  options_.log_path += ".other";
  PulledWeights stopped(1, -2), resumed(1, -2);
  stopped.noise = resumed.noise = true;
  stopped.signal_call = 2;
  const absl::Status status = Run(stopped);
  EXPECT_EQ(StoppedExitCode(status), 143);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("stopped by SIGTERM: train it: 3 of 4 iterations are in "),
                    HasSubstr("checkpoint-000000003.safetensors; the same command goes on from there")));
  ForgetStopSignal();
  ASSERT_TRUE(Run(resumed).ok());
  EXPECT_EQ(resumed.calls, 1);
  EXPECT_TRUE(at::equal(resumed.a, undisturbed.a));
  EXPECT_TRUE(at::equal(resumed.b, undisturbed.b));
}

TEST_F(TrainerTest, BatchesThatAreNotFiniteAreLeftOutUpToALimit) {
  config_.set_skip_nan_batches(1);
  PulledWeights model(1, 1);
  model.broken_call = 1;
  const auto report = Train(options_, config_, clips_, {}, model);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->about.nan_batches(), 1);
  EXPECT_NEAR(model.a.item<double>(), 1 - 3 * 0.1, 1e-6);
  const std::vector<std::string> lines =
      absl::StrSplit(*ReadFile(options_.log_path), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 4);
  EXPECT_TRUE(nlohmann::json::parse(lines[1])["loss"].is_null());
  EXPECT_EQ(nlohmann::json::parse(lines[1])["not_applied"].size(), 2) << "both clips of the batch";

  options_.checkpoint_folder += ".more";
  config_.set_skip_nan_batches(0);
  PulledWeights other(1, 1);
  other.broken_call = 1;
  EXPECT_THAT(std::string(Run(other).message()), HasSubstr("train.skip_nan_batches: 1 leaves out"));
}

// Scores .1 .4 .2 after the epochs; a killed training asks for the last one again.
TEST_F(TrainerTest, ValidationsAreKeptWithTheBestWeights) {
  config_.set_epochs(3);
  config_.set_evaluate_every_epochs(1);
  config_.set_checkpoint_every_iterations(100);
  std::vector<double> scores = {0.1, 0.4, 0.2};
  size_t asked = 0;
  options_.validate = [&]() -> absl::StatusOr<double> {
    if (asked == 2 && scores.size() == 3) {
      scores.push_back(0);
      return absl::UnavailableError("no data");
    }
    return scores[asked++];
  };
  PulledWeights model(1, 1), resumed(1, 1);
  EXPECT_EQ(Run(model).message(), "no data");
  const auto report = Train(options_, config_, clips_, {}, resumed);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(resumed.calls, 0) << "the checkpoint before the validation has all steps";
  ASSERT_EQ(report->about.validation_size(), 3);
  EXPECT_EQ(report->about.validation(1).iteration(), 8);
  EXPECT_EQ(report->about.validation(1).frame_map(), 0.4);
  EXPECT_EQ(report->about.validation(2).frame_map(), 0.2);
  const auto best = ReadSafetensors(options_.checkpoint_folder + "/best.safetensors");
  ASSERT_TRUE(best.ok()) << best.status();
  EXPECT_NEAR(best->tensors.at("a").item<double>(), 1 - 8 * 0.1, 1e-6);
  const std::string log = *ReadFile(options_.log_path);
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(log, "frame_map")).size(), 4) << log;
}

TEST_F(TrainerTest, TheReportSaysHowManyProcessesThereWere) {
  PulledWeights model(1, 1);
  const auto report = Train(options_, config_, clips_, {}, model);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->about.processes(), 1);
}

TEST_F(TrainerTest, ErrorsBeforeTheFirstStep) {
  PulledWeights model(1, 1);
  config_.set_batch_size(16);
  EXPECT_EQ(Run(model).message(), "train it: train.batch_size is 16, but the training set has only 8 clips");
  config_.set_batch_size(2);
  ASSERT_TRUE(Run(model).ok());
  options_.about.set_identity("another run");
  EXPECT_THAT(std::string(Run(model).message()),
              HasSubstr("belongs to another run: identity this run, expected another run"));
  EXPECT_EQ(model.calls, 4);
}

// Of 200 clips, two may be left out.
TEST_F(TrainerTest, ClipsThatCannotBeReadAreLeftOutIfTheConfigSaysSo) {
  FakeDataset clips(std::vector<datasets::FrameSize>(200, {8, 8}));
  clips.broken_clips = 2;
  PulledWeights model(0.001, 0.001);
  EXPECT_THAT(std::string(Train(options_, config_, clips, {}, model).status().message()),
              HasSubstr("cut off"));

  options_.checkpoint_folder += ".skip";
  options_.log_path += ".skip";
  config_.set_unreadable_clips(TrainConfig::SKIP_AND_COUNT);
  const auto report = Train(options_, config_, clips, {}, model);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->skipped, 2);
  EXPECT_EQ(report->about.skipped_clips(), 2);
  EXPECT_EQ(report->iterations, 100);
  const std::string log = *ReadFile(options_.log_path);
  EXPECT_THAT(log, AllOf(HasSubstr("video0 second 902: "), HasSubstr("video1 second 902: ")));

  clips.broken_clips = 3;
  options_.checkpoint_folder += ".more";
  EXPECT_FALSE(Train(options_, config_, clips, {}, model).ok());
}

TEST_F(TrainerTest, TheNumberOfWorkersChangesNothing) {
  PulledWeights one(1, -2), four(1, -2);
  one.noise = four.noise = true;
  options_.workers = 1;
  ASSERT_TRUE(Run(one).ok());
  const std::vector<std::string> expected = Log();
  options_.workers = 4;
  options_.checkpoint_folder += ".four";
  options_.log_path += ".four";
  ASSERT_TRUE(Run(four).ok());
  EXPECT_EQ(Log(), expected);
}

}  // namespace
}  // namespace mrsn::experiments

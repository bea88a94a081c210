// A batch that is computed by several ranks, or one part after the other, trains the same weights.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/engine/train_as_ranks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

constexpr int kIterations = 50;

TEST_F(RanksTest, OneTwoAndFourGiveTheSameCurve) {
  const Clips clips;
  const Trained alone = Run(1, clips, "1");
  ASSERT_EQ(alone.losses.size(), kIterations);
  EXPECT_LT(alone.losses.back(), alone.losses.front() - 0.05) << "nothing was learnt";
  ExpectSame(alone, Run(2, clips, "2"));
  ExpectSame(alone, Run(4, clips, "4"));
}

TEST_F(RanksTest, Bfloat16OfTwoRanksIsCloseToFloat32AndGoesOnExactly) {
  const Clips clips;
  const Trained exact = Run(2, clips, "float32");
  config_.set_precision(TrainConfig::BFLOAT16);
  config_.set_ema_decay(0.9);
  const Trained undisturbed = Run(2, clips, "bfloat16");
  double difference = 0;
  for (int i = 0; i < kIterations; ++i) {
    EXPECT_NEAR(undisturbed.losses[i], exact.losses[i], 0.02) << "iteration " << i + 1;
    difference = std::max(difference, std::abs(undisturbed.losses[i] - exact.losses[i]));
  }
  EXPECT_GT(difference, 1e-6) << "no number was rounded";
  for (const at::Tensor& weight : undisturbed.weights) EXPECT_EQ(weight.scalar_type(), at::kFloat);
  const double epochs = config_.epochs();
  config_.set_epochs(20 / 8.0);
  Run(2, clips, "stopped");
  config_.set_epochs(epochs);
  const Trained resumed = Run(2, clips, "stopped");
  EXPECT_EQ(resumed.losses, undisturbed.losses);
  for (size_t p = 0; p < resumed.weights.size(); ++p) {
    EXPECT_TRUE(at::equal(resumed.weights[p], undisturbed.weights[p]));
  }
}

// Clips of two sizes, and masks of both.
TEST_F(RanksTest, MasksOfDropoutAreThoseOfOneProcess) {
  const Clips clips;
  config_.set_epochs(3);
  const Trained alone = ExpectOneTwoAndFourAlike(clips, "once", Mrsn("0.5"));
  for (const int parts : {2, 4}) {
    config_.set_accumulate(parts);
    ExpectSame(alone, Run(1, clips, absl::StrCat("1 in parts ", parts), Mrsn("0.5")));
  }
  config_.set_accumulate(2);
  ExpectSame(alone, Run(2, clips, "2 in parts", Mrsn("0.5")));
  config_.clear_accumulate();
  const Trained without = Run(1, clips, "without");
  EXPECT_GT(std::abs(without.losses.back() - alone.losses.back()), 1e-3) << "nothing was dropped";
}

TEST_F(RanksTest, NormsOfAllRanksAreThoseOfOneProcess) {
  config_.set_batch_norm(TrainConfig::TRAINED);
  config_.set_learning_rate(0.01);
  const Clips clips(/*other_width=*/32);
  const Trained apart = Run(2, clips, "apart");
  config_.set_sync_batch_norm(true);
  const Trained alone = Run(1, clips, "1", Mrsn("0.5"));
  ExpectSame(alone, Run(2, clips, "2", Mrsn("0.5")));
  ExpectSame(alone, Run(4, clips, "4", Mrsn("0.5")));
  const Trained alone_without = Run(1, clips, "alone"), together = Run(2, clips, "together");
  ExpectSame(alone_without, together);
  EXPECT_GT(std::abs(apart.losses.back() - together.losses.back()), 1e-4) << "norms are not synchronised";
  config_.set_accumulate(2);
  ExpectSame(Run(1, clips, "1_in_parts"), Run(2, clips, "2_in_parts"));
}

// With four ranks and four clips of a batch, a clip that cannot be read leaves its rank with nothing.
TEST_F(RanksTest, NormsWithoutTheClipsOfOneRank) {
  class Broken : public Clips {
   public:
    Broken() : Clips(/*other_width=*/32) {}
    absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t seed) const override {
      if (index % 7 == 3) return absl::DataLossError("cut off");
      return Clips::Load(index, seed);
    }
  };
  config_.set_batch_norm(TrainConfig::TRAINED);
  config_.set_learning_rate(0.01);
  config_.set_sync_batch_norm(true);
  config_.set_unreadable_clips(TrainConfig::SKIP_AND_COUNT);
  config_.set_most_unreadable(1);
  const Broken clips;
  const Trained alone = Run(1, clips, "1");
  EXPECT_GT(alone.report.skipped, 10);
  ExpectSame(alone, Run(2, clips, "2"));
  ExpectSame(alone, Run(4, clips, "4"));
}

// With masks. One thread adds in one order.
TEST_F(RanksTest, TwoRanksGiveTheBitsOfTwoParts) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Clips clips(/*other_width=*/32);
  const Trained at_once = Run(1, clips, "at once", Mrsn("0.5"));
  const Trained ranks = Run(2, clips, "ranks", Mrsn("0.5"));
  config_.set_accumulate(2);
  const Trained parts = Run(1, clips, "parts", Mrsn("0.5"));
  int rounded = 0;
  for (size_t p = 0; p < parts.weights.size(); ++p) {
    EXPECT_TRUE(at::equal(ranks.weights[p], parts.weights[p])) << p;
    rounded += at::equal(ranks.weights[p], at_once.weights[p]) ? 0 : 1;
  }
  EXPECT_GT(rounded, 0) << "no sum depends on its order: this test would see no difference";
  at::set_num_threads(threads);
}

// Each rank alone has clips of one size.
TEST_F(RanksTest, NormsOfAllRanksNeedOneSizeOfFrame) {
  config_.set_batch_norm(TrainConfig::TRAINED);
  config_.set_sync_batch_norm(true);
  ExpectRefused(4, "train.sync_batch_norm: clips of a batch have different sizes of frame");
}

// One thread adds in one order.
TEST_F(RanksTest, StagesThatAreComputedAgainGiveTheSameBits) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Clips clips(/*other_width=*/32);  // batch norms that are trained need one size
  for (const TrainConfig::BatchNorm norms : {TrainConfig::TRAINED, TrainConfig::FROZEN}) {
    config_.set_batch_norm(norms);
    const std::string name = TrainConfig::BatchNorm_Name(norms);
    for (const int ranks : {1, 2}) {
      config_.set_sync_batch_norm(ranks == 2 && norms == TrainConfig::TRAINED);
      config_.set_activation_checkpointing(false);
      const Trained plain = Run(ranks, clips, absl::StrCat(name, ranks), Mrsn("0.5"));
      config_.set_activation_checkpointing(true);
      const Trained again = Run(ranks, clips, absl::StrCat(name, ranks, ".again"), Mrsn("0.5"));
      EXPECT_EQ(again.losses, plain.losses) << name << ", ranks: " << ranks;
      for (size_t p = 0; p < plain.weights.size(); ++p) {
        EXPECT_TRUE(at::equal(again.weights[p], plain.weights[p])) << name << ", ranks: " << ranks;
      }
    }
  }
  at::set_num_threads(threads);
}

TEST_F(RanksTest, PartsOneAfterTheOtherGiveTheSameCurve) {
  const Clips clips;
  const Trained at_once = Run(1, clips, "at_once");
  config_.set_accumulate(4);
  ExpectSame(at_once, Run(1, clips, "in_parts"));
  config_.set_accumulate(2);
  ExpectSame(at_once, Run(2, clips, "both"));
}

// One step at rate 1 without momentum: the weights change by the gradients.
TEST_F(RanksTest, FourTimesFourClipsGiveTheGradientsOfSixteen) {
  config_.set_batch_size(16);
  config_.set_epochs(0.5);
  config_.set_learning_rate(1);
  config_.set_momentum(0);
  const Clips clips;
  const Trained at_once = Run(1, clips, "at_once");
  config_.set_accumulate(4);
  const Trained in_parts = Run(1, clips, "in_parts");
  ASSERT_EQ(in_parts.losses.size(), 1);
  double change = 0;
  const std::vector<at::Tensor> before = Model()->parameters();
  for (size_t p = 0; p < before.size(); ++p) {
    EXPECT_LE((in_parts.weights[p] - at_once.weights[p]).abs().max().item<double>(), 1e-6);
    change = std::max(change, (at_once.weights[p] - before[p]).abs().max().item<double>());
  }
  EXPECT_GT(change, 1e-2);
}

TEST_F(RanksTest, AllRanksGoOnFromOneCheckpoint) {
  const Clips clips;
  const Trained undisturbed = Run(2, clips, "undisturbed");
  const double epochs = config_.epochs();
  config_.set_epochs(20 / 8.0);
  Run(2, clips, "stopped");  // its last checkpoint is that of iteration 20
  config_.set_epochs(epochs);
  const Trained resumed = Run(2, clips, "stopped");
  EXPECT_EQ(resumed.losses, undisturbed.losses);
  for (size_t p = 0; p < resumed.weights.size(); ++p) {
    EXPECT_TRUE(at::equal(resumed.weights[p], undisturbed.weights[p]));
  }
}

TEST_F(RanksTest, ClipsThatCannotBeReadAreCountedOverAllRanks) {
  FakeDataset clips(std::vector<datasets::FrameSize>(400, {32, 32}));
  clips.action_classes.resize(5);
  clips.broken_clips = 2;
  config_.set_epochs(1);
  config_.set_unreadable_clips(TrainConfig::SKIP_AND_COUNT);
  const Trained trained = Run(2, clips, "2");
  EXPECT_EQ(trained.losses.size(), 100);
  EXPECT_EQ(trained.report.skipped, 2);
  EXPECT_EQ(trained.report.about.skipped_clips(), 2);
  const std::string log = *ReadFile(Options("2").log_path);
  EXPECT_THAT(log, HasSubstr("video0 second 902: "));
  EXPECT_THAT(log, HasSubstr("video1 second 902: "));
}

TEST_F(RanksTest, ABatchThatCannotBeSharedIsRefused) {
  ExpectRefused(3, "train it: train.batch_size is 4, which 3 processes cannot share equally");
}

}  // namespace
}  // namespace mrsn::experiments

// A batch that is computed by several ranks, or one part after the other, trains the same weights.
#include <ATen/ATen.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/engine/trainer.h"
#include "experiments/testing/bank_for_model.h"
#include "experiments/testing/fake_dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/testing/micro_detector.h"
#include "ops/base/file.h"
#include "ops/distributed/thread_group.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;

constexpr int kIterations = 50;

// 32 clips of two sizes in two videos; every second one has nobody, the others have one to three persons.
class Clips : public FakeDataset {
 public:
  explicit Clips(int other_width = 48) : FakeDataset(Sizes(other_width)) {
    action_classes.clear();
    for (int k = 0; k < 5; ++k) action_classes.push_back({k + 1, absl::StrCat("class", k), "pose"});
    for (int i = 0; i < 32; ++i) {
      keyframes_.push_back({i / 2 % 2 == 0 ? "video" : "other", 902 + i / 4 * 2 + i % 2});
    }
  }
  const Keyframe& keyframe(int64_t index) const override { return keyframes_[index]; }
  absl::StatusOr<datasets::Sample> Load(int64_t index, uint64_t seed) const override {
    auto sample = FakeDataset::Load(index, seed);
    if (!sample.ok()) return sample;
    sample->keyframe = keyframe(index);
    sample->actors.clear();
    for (int n = 0; n < (index % 2 == 0 ? 0 : 1 + index % 3); ++n) {
      datasets::Actor actor;
      actor.box = {0.1f * n, 0.2f, 0.5f + 0.2f * n, 0.9f - 0.1f * n};
      actor.labels = {static_cast<int>((index + n) % 5)};
      sample->actors.push_back(actor);
    }
    return sample;
  }

 private:
  static std::vector<datasets::FrameSize> Sizes(int other_width) {
    std::vector<datasets::FrameSize> sizes;
    for (int i = 0; i < 32; ++i) sizes.push_back({i % 5 == 0 ? other_width : 32, 32});
    return sizes;
  }
  std::vector<Keyframe> keyframes_;
};

struct Trained {
  std::vector<double> losses;
  std::vector<at::Tensor> weights;
  TrainReport report;
};

class RanksTest : public ::testing::Test {
 protected:
  RanksTest() {
    config_.set_batch_size(4);
    config_.set_epochs(kIterations / 8.0);
    config_.set_learning_rate(0.04);
    config_.set_momentum(0.9);
    config_.set_checkpoint_every_iterations(20);
    config_.set_batch_norm(TrainConfig::FROZEN);
  }

  TrainOptions Options(const std::string& name) const {
    const std::string folder =
        absl::StrCat(::testing::TempDir(), "ranks.", ::getpid(), "/",
                     ::testing::UnitTest::GetInstance()->current_test_info()->name(), "/", name);
    TrainOptions options;
    options.title = "train it";
    options.about.set_identity("this run");
    options.about.set_seed(7);
    options.checkpoint_folder = folder + "/checkpoints";
    options.log_path = folder + "/train.jsonl";
    options.workers = 1;
    return options;
  }

  static std::string Mrsn(const std::string& dropout) {
    return absl::StrCat(kMicroBackbone, "mrsn { ", kMicroHead, " short_term { dropout: ", dropout, " } }");
  }

  static std::shared_ptr<Detector> Model(const std::string& config = Mrsn("0")) {
    at::manual_seed(4);
    auto model = *BuildDetector(Parse(config), at::kCPU);
    const at::NoGradGuard no_grad;
    for (at::Tensor& parameter : model->parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
    return model;
  }

  Trained Run(int ranks, const datasets::Dataset& clips, const std::string& name,
              const std::string& model = Mrsn("0"), const BankWindows& bank = {}) const {
    const TrainOptions options = Options(name);
    std::vector<std::shared_ptr<Detector>> models;
    for (int rank = 0; rank < ranks; ++rank) models.push_back(Model(model));
    Trained trained;
    RunAsRanks(ranks, [&](ProcessGroup& group) {
      TrainOptions own = options;
      own.group = &group;
      if (!group.first()) own.log_path += ".not_written";
      const auto report = Train(own, config_, clips, bank, *models[group.rank()]);
      ASSERT_TRUE(report.ok()) << report.status();
      EXPECT_FALSE(!group.first() && FileExists(own.log_path));
      if (group.first()) trained.report = *report;
    });
    for (const absl::string_view line :
         absl::StrSplit(*ReadFile(options.log_path), '\n', absl::SkipEmpty())) {
      trained.losses.push_back(nlohmann::json::parse(line)["loss"].get<double>());
    }
    for (const at::Tensor& parameter : models[0]->parameters()) {
      trained.weights.push_back(parameter.detach().clone());
    }
    for (int rank = 1; rank < ranks; ++rank) {
      const std::vector<at::Tensor> other = models[rank]->parameters();
      for (size_t p = 0; p < other.size(); ++p) {
        EXPECT_TRUE(at::equal(other[p], trained.weights[p])) << "rank " << rank << " has other weights";
      }
    }
    return trained;
  }

  static void ExpectSame(const Trained& expected, const Trained& found) {
    ASSERT_EQ(found.losses.size(), expected.losses.size());
    for (size_t i = 0; i < expected.losses.size(); ++i) {
      ASSERT_NEAR(found.losses[i], expected.losses[i], 1e-5) << "iteration " << i + 1;
    }
    for (size_t p = 0; p < expected.weights.size(); ++p) {
      EXPECT_TRUE(at::allclose(found.weights[p], expected.weights[p], 1e-4, 1e-5));
    }
  }

  // Returns what one process gives.
  Trained ExpectOneTwoAndFourAlike(const datasets::Dataset& clips, const std::string& name,
                                   const std::string& model, const BankWindows& bank = {}) const {
    Trained alone = Run(1, clips, name + " 1", model, bank);
    for (const int ranks : {2, 4}) {
      SCOPED_TRACE(absl::StrCat(ranks, " ranks"));
      ExpectSame(alone, Run(ranks, clips, absl::StrCat(name, " ", ranks), model, bank));
    }
    return alone;
  }

  TrainConfig config_;
};

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
  config_.set_accumulate(2);
  ExpectSame(Run(1, clips, "1 in parts", Mrsn("0.5")), Run(2, clips, "2 in parts", Mrsn("0.5")));
  config_.clear_accumulate();
  const Trained without = Run(1, clips, "without");
  EXPECT_GT(std::abs(without.losses.back() - alone.losses.back()), 1e-3) << "nothing was dropped";
}

// Only clips of "video" have entries in the bank, so that most batches have ranks whose windows are empty,
// and ranks with entries for nobody. Heads whose masks are drawn for entries, too.
TEST_F(RanksTest, WindowsThatOnlySomeRanksHave) {
  config_.set_epochs(3);
  config_.set_learning_rate(0.005);  // steps that do not magnify the order of sums
  const Clips clips;
  int heads = 0;
  for (const std::string& head :
       {absl::StrCat(kMicroBackbone, "mrsn { ", kMicroHead,
                     " long_term { inner_width: 8 window_seconds: 2 } }"),
        absl::StrCat(kMicroBackbone, "lfb { width: 8 window_seconds: 2 sampled_per_second: 1 }"),
        absl::StrCat(kMicroBackbone, "lfb { operator: MAX window_seconds: 2 sampled_per_second: 1 }"),
        absl::StrCat(kMicroBackbone, "acar { width: 8 reduced_width: 8 long_term { window_seconds: 2 } }"),
        absl::StrCat(kMicroBackbone, "aia { objects: false width: 8 mlp_width: 8 window_seconds: 2 }"),
        absl::StrCat(kMicroBackbone, "aia { objects: false width: 8 mlp_width: 8 window_seconds: 2 ",
                     "padding { persons: 4 memory_per_second: 2 } }")}) {
    SCOPED_TRACE(head);
    const std::string name = absl::StrCat("head ", ++heads);
    const BankNeeds needs = *Model(head)->needs().bank;
    const auto bank = BankForModel(needs.width, {900, 901, 902, 905, 906, 907, 911, 915, 917},
                                   Options("bank" + name).checkpoint_folder);
    ASSERT_NE(bank, nullptr);
    ExpectOneTwoAndFourAlike(clips, name, head, {bank.get(), static_cast<int>(needs.radius)});
  }
}

TEST_F(RanksTest, AMemoryOfItsOwn) {
  config_.set_epochs(3);
  config_.set_learning_rate(0.01);
  ExpectOneTwoAndFourAlike(Clips(), "",
                           absl::StrCat(kMicroBackbone, "aia { objects: false width: 8 mlp_width: 8 ",
                                        "window_seconds: 3 asynchronous_memory: true }"));
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
  const Clips clips;
  const TrainOptions options = Options("3");
  RunAsRanks(3, [&](ProcessGroup& group) {
    TrainOptions own = options;
    own.group = &group;
    const auto model = Model();
    EXPECT_THAT(std::string(Train(own, config_, clips, {}, *model).status().message()),
                HasSubstr("train it: train.batch_size is 4, which 3 processes cannot share equally"));
  });
}

}  // namespace
}  // namespace mrsn::experiments

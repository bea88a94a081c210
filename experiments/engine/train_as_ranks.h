// Trains one model as one, two or four ranks, for tests.
#ifndef MRSN_EXPERIMENTS_ENGINE_TRAIN_AS_RANKS_H_
#define MRSN_EXPERIMENTS_ENGINE_TRAIN_AS_RANKS_H_

#include <ATen/ATen.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/engine/trainer.h"
#include "experiments/testing/fake_dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/testing/micro_detector.h"
#include "ops/base/file.h"
#include "ops/distributed/thread_group.h"

namespace mrsn::experiments {

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
    config_.set_epochs(50 / 8.0);
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
    if (dynamic_cast<ActionDetector*>(model.get()) != nullptr) {  // STEP is deep: its numbers would explode
      for (at::Tensor& parameter : model->parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
    }
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

  // The training of every rank ends with an error that has `text`.
  void ExpectRefused(int ranks, const std::string& text) const {
    const Clips clips;
    const TrainOptions options = Options(absl::StrCat(ranks));
    RunAsRanks(ranks, [&](ProcessGroup& group) {
      TrainOptions own = options;
      own.group = &group;
      const auto model = Model();
      EXPECT_THAT(std::string(Train(own, config_, clips, {}, *model).status().message()),
                  ::testing::HasSubstr(text));
    });
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

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_TRAIN_AS_RANKS_H_

// Each of the head's experiments on the fake device (ops/testing/fake_device), which refuses what a GPU would
// refuse and counts what would cost a GPU time: one step of training, one batch of inference, one pass that
// writes a relation bank. Numbers are compared with the CPU's.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/config/config.h"
#include "experiments/engine/bank_filling.h"
#include "experiments/engine/batch_loss.h"
#include "experiments/engine/detector_input.h"
#include "experiments/engine/inference.h"
#include "experiments/engine/memory_pool.h"
#include "experiments/engine/training_step.h"
#include "experiments/heads/experiments_of_head.h"
#include "experiments/testing/bank_for_model.h"
#include "experiments/testing/clips_for_model.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/build_model.h"
#include "mrsn/model_options.h"
#include "mrsn/testing/compare.h"
#include "ops/distributed/process_group.h"
#include "ops/sgd/sgd.h"
#include "ops/testing/fake_device/fake_device.h"

namespace mrsn::experiments {
namespace {

using ::mrsn::testing::FakeCounted;
using ::mrsn::testing::FakeCounts;
using ::mrsn::testing::FakeDevice;
using ::mrsn::testing::FakeEvents;
using ::mrsn::testing::ForgetFakeEvents;

constexpr int kSide = 48;
// The CPU's own kernels (folded norms, Winograd's filtering, attention in one pass) round otherwise than the
// operations that other devices run.
constexpr double kLossTolerance = 1e-5;

// Of the norm of a gradient. In a backbone of 101 layers rounding alone puts some values on the other side of
// a ReLU or of a maximum; 2 % was seen.
double GradientTolerance(const std::string& experiment) {
  return absl::StrContains(experiment, "r101") ? 5e-2 : 1e-2;
}

// 8e-5 was seen with 101 layers.
double ScoreTolerance(const std::string& experiment) {
  return absl::StrContains(experiment, "r101") ? 3e-4 : 5e-5;
}

// What a batch may cost.
struct Budget {
  int64_t forward_reads = 0;   // before the backward pass
  int64_t forward_copies = 1;  // to the device
  int64_t inference_reads = 1;
  int64_t inference_copies = 1;
};

Budget BudgetOf(const std::string& head) {
  // The host matches ACT's anchors with the truth; the targets are a second copy.
  if (head == "act") return {0, 2, 1, 1};
  // Each step of STEP starts from proposals that the host makes of the step before, and has targets.
  if (head == "step") return {2, 7, 3, 4};
  return {};
}

// A quarter of the channels in every layer, if the stages are those of a published depth.
void MakeNarrow(ResNet3dConfig* config) {
  if (config->stages().empty()) config->set_stem_channels(16);
}

// With all its layers, but narrow: neither the operations nor the copies depend on the number of channels.
ModelConfig SmallModel(ModelConfig config) {
  if (config.has_slow_only()) MakeNarrow(config.mutable_slow_only());
  if (config.has_slow_fast()) MakeNarrow(config.mutable_slow_fast()->mutable_slow());
  if (config.has_act()) {
    config.mutable_act()->set_input_size(64);
    config.mutable_act()->set_width_divisor(8);
  }
  if (config.has_step()) config.mutable_step()->set_width_divisor(8);
  if (config.has_mrsn()) {
    config.mutable_mrsn()->set_width(64);
    if (config.mrsn().has_long_term()) config.mutable_mrsn()->mutable_long_term()->set_inner_width(64);
  }
  if (config.has_acar()) {
    config.mutable_acar()->set_reduced_width(64);
    config.mutable_acar()->set_width(32);
  }
  if (config.has_aia()) {
    config.mutable_aia()->set_width(64);
    config.mutable_aia()->set_mlp_width(64);
  }
  return config;
}

class DeviceTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto resolved = LoadExperiment(ConfigsRoot(), GetParam());
    ASSERT_TRUE(resolved.ok()) << resolved.status();
    experiment_ = resolved->experiment;
    on_cpu_ = Build();
    on_device_ = Build();
    if (::testing::Test::HasFatalFailure()) return;
    on_device_->to(FakeDevice());
    needs_ = *NeedsOf(SmallModel(experiment_.model()));
    clips_.emplace(needs_, kSide);
    if (needs_.bank.has_value()) MakeBank();
  }

  std::shared_ptr<Detector> Build() {
    at::manual_seed(1);
    auto built = BuildDetector(SmallModel(experiment_.model()), at::kCPU);
    EXPECT_TRUE(built.ok()) << built.status();
    // Layers that start at 0, so that a fresh head changes nothing, let no gradient through.
    const at::NoGradGuard no_grad;
    for (at::Tensor& parameter : (*built)->named_children()["head"]->parameters()) {
      parameter.add_(at::randn_like(parameter) * 0.02);
    }
    return *built;
  }

  // Entries around both clips.
  void MakeBank() {
    const int64_t width = needs_.bank->width;
    at::manual_seed(2);
    if (needs_.bank->own_memory) {
      pool_.emplace(*clips_, width, needs_.bank->radius);
      const std::vector<Keyframe> keyframes = {clips_->keyframe(0), clips_->keyframe(1)};
      ASSERT_TRUE(pool_->Write(keyframes, at::tensor({0, 1, 1}, at::kLong), at::rand({3, width}), 1).ok());
      return;
    }
    static int banks = 0;
    bank_ = BankForModel(width, {9, 10, 12},
                         absl::StrCat(::testing::TempDir(), "/read_", ::getpid(), "_", banks++));
    ASSERT_NE(bank_, nullptr);
  }

  BankWindows Windows() const {
    if (bank_ == nullptr) return {};
    return {bank_.get(), static_cast<int>(needs_.bank->radius)};
  }

  struct Step {
    double loss = 0;
    std::map<std::string, at::Tensor> gradients;
    FakeCounts forward, backward, fetch, update;
    std::string events;
  };

  Step TrainStep(Detector& model, TrainConfig::BatchNorm batch_norm) {
    std::vector<datasets::Sample> samples;
    for (int64_t i = 0; i < clips_->size(); ++i) samples.push_back(*clips_->Load(i, 0));
    ops::Sgd optimizer(model.parameters(), torch::optim::SGDOptions(0).momentum(0.9).weight_decay(1e-4));
    at::manual_seed(3);
    model.train();
    SetBatchNorm(batch_norm, model);
    model.zero_grad();
    ForgetFakeEvents();
    const FakeCounts begin = FakeCounted();
    auto batch = LossOfBatch(std::move(samples), static_cast<int>(needs_.classes), Windows(),
                             pool_ ? &*pool_ : nullptr, ClassLossOf(experiment_.train().loss()), model);
    EXPECT_TRUE(batch.ok()) << batch.status();
    const FakeCounts forward = FakeCounted();
    batch->loss.backward();
    const FakeCounts backward = FakeCounted();
    Step step;
    step.loss = FetchLoss(&*batch);
    const FakeCounts fetch = FakeCounted();
    optimizer.step();
    const FakeCounts update = FakeCounted();
    step.events = FakeEvents();
    step.forward = forward - begin;
    step.backward = backward - forward;
    step.fetch = fetch - backward;
    step.update = update - fetch;
    for (const auto& parameter : model.named_parameters()) {
      const at::Tensor gradient = parameter.value().grad();
      if (gradient.defined()) step.gradients[parameter.key()] = gradient.cpu();
    }
    return step;
  }

  void ExpectEqual(const Step& found, const Step& expected) {
    EXPECT_NEAR(found.loss, expected.loss, kLossTolerance * std::abs(expected.loss));
    ASSERT_EQ(found.gradients.size(), expected.gradients.size());
    double largest = 0;
    for (const auto& [name, gradient] : expected.gradients) {
      largest = std::max(largest, gradient.norm().item<double>());
    }
    for (const auto& [name, gradient] : expected.gradients) {
      // A gradient that is 0 but for rounding, as of keys, has nothing to compare with of its own.
      const double scale = std::max(gradient.norm().item<double>(), 1e-2 * largest);
      EXPECT_LT((found.gradients.at(name) - gradient).norm().item<double>(),
                GradientTolerance(GetParam()) * scale)
          << name;
    }
  }

  Experiment experiment_;
  std::shared_ptr<Detector> on_cpu_, on_device_;
  ModelNeeds needs_;
  std::optional<ClipsForModel> clips_;
  std::unique_ptr<RelationBank> bank_;
  std::optional<MemoryPool> pool_;
};

TEST_P(DeviceTest, StepOfTraining) {
  // Trained norms of a few values each would make much of the last digit; their numbers are compared with the
  // statistics that they have.
  const TrainConfig::BatchNorm own = experiment_.train().batch_norm();
  const TrainConfig::BatchNorm compared = own == TrainConfig::TRAINED ? TrainConfig::FROZEN_STATISTICS : own;
  const Step found = TrainStep(*on_device_, compared);
  const Budget budget = BudgetOf(HeadUnderTest());
  EXPECT_EQ(found.forward.host_reads, budget.forward_reads) << found.events;
  EXPECT_EQ(found.backward.host_reads, 0) << found.events;
  EXPECT_EQ(found.backward.copies_to_device, 0) << found.events;
  EXPECT_EQ(found.fetch.host_reads, 1) << found.events;
  EXPECT_EQ(found.update.host_reads, 0) << found.events;
  EXPECT_EQ(found.update.copies_to_device, 0) << found.events;
  ExpectEqual(found, TrainStep(*on_cpu_, compared));

  // As a training does it. The first step made what is made once for each size.
  const BankWindows windows = Windows();
  TrainingStep training(experiment_.train(), 0, 1, *clips_, windows, *on_device_, OneProcess());
  StepInput input;
  for (int64_t i = 0; i < clips_->size(); ++i) input.samples.push_back(*clips_->Load(i, 0));
  ForgetFakeEvents();
  const FakeCounts begin = FakeCounted();
  const auto output = training.Run(std::move(input));
  const FakeCounts spent = FakeCounted() - begin;
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_TRUE(output->applied);
  EXPECT_EQ(spent.host_reads, budget.forward_reads + 1) << FakeEvents();
  EXPECT_EQ(spent.copies_to_device, budget.forward_copies) << FakeEvents();
}

TEST_P(DeviceTest, BatchOfInference) {
  InferenceOptions options;
  options.workers = 1;
  options.loss = experiment_.train().loss();
  const auto infer = [&](Detector& model) {
    Detections found;
    const absl::Status status = Infer(options, *clips_, Windows(), model, [&](const Scored& scored) {
      found = scored.found;
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return found;
  };
  infer(*on_device_);  // makes what is made once for each size
  ForgetFakeEvents();
  const FakeCounts begin = FakeCounted();
  const Detections found = infer(*on_device_), expected = infer(*on_cpu_);
  const FakeCounts spent = FakeCounted() - begin;
  const Budget budget = BudgetOf(HeadUnderTest());
  EXPECT_EQ(spent.host_reads, budget.inference_reads) << FakeEvents();
  EXPECT_EQ(spent.copies_to_device, budget.inference_copies) << FakeEvents();
  const double tolerance = ScoreTolerance(GetParam());
  EXPECT_TRUE(at::equal(found.clip_index, expected.clip_index));
  EXPECT_TRUE(Close(found.boxes, expected.boxes, tolerance));
  EXPECT_TRUE(Close(found.scores, expected.scores, tolerance));
  EXPECT_EQ(found.G.defined(), expected.G.defined());
  if (expected.G.defined()) {
    EXPECT_TRUE(Close(found.G, expected.G, 10 * tolerance));
  }
  EXPECT_EQ(found.memory.defined(), expected.memory.defined());
  if (expected.memory.defined()) {
    EXPECT_TRUE(Close(found.memory, expected.memory, 10 * tolerance));
  }
}

TEST_P(DeviceTest, PassThatWritesABank) {
  if (needs_.relation_width == 0) GTEST_SKIP() << "writes no bank";
  const auto features = [&](Detector& model, const std::string& device) {
    BankFillingOptions options;
    options.workers = 1;
    options.loss = experiment_.train().loss();
    options.identity = {"w", "b", "c"};
    const std::string path =
        absl::StrCat(::testing::TempDir(), "/", device, "_", ExperimentTestName({GetParam(), 0}));
    const absl::Status filled = FillBank(options, path, *clips_, model);
    EXPECT_TRUE(filled.ok()) << filled;
    const auto bank = RelationBank::Open(path, options.identity);
    EXPECT_TRUE(bank.ok()) << bank.status();
    const auto window = (*bank)->Window({"video", 10}, 1);
    EXPECT_EQ(window->offsets.size(), 3u);
    return at::tensor(window->features());
  };
  ForgetFakeEvents();
  const FakeCounts begin = FakeCounted();
  const at::Tensor found = features(*on_device_, "device"), expected = features(*on_cpu_, "cpu");
  EXPECT_EQ((FakeCounted() - begin).host_reads, 1) << FakeEvents();
  EXPECT_TRUE(Close(found, expected, 1e-3));  // the bank's float16
}

// Everything of an experiment that the tests read.
std::string WhatIsRun(const Experiment& experiment) {
  return absl::StrCat(experiment.model().SerializeAsString(), "\n", experiment.train().loss(), "\n",
                      experiment.train().batch_norm());
}

// Of experiments that would run the same, only the first. An experiment that does not load fails its test.
std::vector<std::string> Names() {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const std::string& name : ExperimentsOfHead()) {
    // Published models, which no row of a table trains: those of rows, made anew.
    if (absl::StartsWith(name, "reference/")) continue;
    const auto resolved = LoadExperiment(ConfigsRoot(), name);
    if (!resolved.ok() || seen.insert(WhatIsRun(resolved->experiment)).second) names.push_back(name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Experiments, DeviceTest, ::testing::ValuesIn(Names()), ExperimentTestName);

}  // namespace
}  // namespace mrsn::experiments

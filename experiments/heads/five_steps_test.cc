// The models of Tables 1, 2 and 4 at full size, each with the training of its experiment: five steps on one
// made-up clip of AVA's size.
//
//   bazel test //experiments/heads:five_steps_test --test_output=all       (tagged manual; an hour)
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <unistd.h>

#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "datasets/clip_config.h"
#include "experiments/config/config.h"
#include "experiments/engine/training_step.h"
#include "experiments/tables/table_manifest.h"
#include "experiments/testing/bank_for_model.h"
#include "experiments/testing/clips_for_model.h"
#include "mrsn/build_model.h"
#include "ops/base/file.h"
#include "ops/base/process_memory.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

constexpr int kSteps = 5;
constexpr uint64_t kSeed = 1;

std::string ConfigsRoot() { return DataFilesRoot() + "/experiments/configs"; }

// The peak of this process's memory begins anew.
void ForgetPeakMemory() {
  std::FILE* const file = std::fopen("/proc/self/clear_refs", "w");
  if (file == nullptr) return;
  std::fputs("5", file);
  std::fclose(file);
}

// "peak 5.13 GB" of the line VmHWM of /proc/self/status.
std::string PeakMemory() {
  const auto status = ReadFile("/proc/self/status");
  const size_t at = status.ok() ? status->find("VmHWM:") : std::string::npos;
  if (at == std::string::npos) return "peak unknown";
  return absl::StrFormat("peak %.2f GB", std::atof(status->c_str() + at + 6) * 1024 / 1e9);
}

// Instead of pretrained weights: norms with the statistics of the clip, so that 101 random layers give
// features of an ordinary size.
void TakeStatisticsOf(const std::vector<datasets::Sample>& samples, const BankWindows& bank,
                      const datasets::Dataset& clips, const Experiment& experiment, Detector& model) {
  std::vector<std::pair<torch::nn::BatchNorm3dImpl*, std::optional<double>>> momenta;
  for (const auto& module : model.modules(/*include_self=*/false)) {
    auto* norm = module->as<torch::nn::BatchNorm3d>();
    if (norm == nullptr) continue;
    momenta.emplace_back(norm, norm->options.momentum());
    norm->options.momentum(1.0);
  }
  TrainConfig config = experiment.train();
  config.set_batch_norm(TrainConfig::TRAINED);
  config.set_learning_rate(0);
  config.clear_decay_epochs();
  config.set_warmup_epochs(0);
  TrainingStep step(config, kSeed, /*iterations_per_epoch=*/1, clips, bank, model, OneProcess());
  const auto output = step.Run({samples, 0});
  EXPECT_TRUE(output.ok()) << output.status();
  for (const auto& [norm, momentum] : momenta) norm->options.momentum(momentum);
}

class FiveStepsTest : public ::testing::TestWithParam<std::string> {};

TEST_P(FiveStepsTest, TheLossFalls) {
  const auto resolved = LoadExperiment(ConfigsRoot(), GetParam());
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  const Experiment& experiment = resolved->experiment;
  at::manual_seed(kSeed);
  const auto model = BuildDetector(experiment.model(), at::kCPU);
  ASSERT_TRUE(model.ok()) << model.status();
  const ModelNeeds needs = (*model)->needs();
  const datasets::ClipSize size = datasets::ClipSizeOf(experiment.train_data());
  const ClipsForModel clips(needs, size.short_side, size.frames);
  std::unique_ptr<RelationBank> bank;
  BankWindows windows;
  if (needs.bank.has_value() && !needs.bank->own_memory) {
    bank = BankForModel(needs.bank->width, {5, 9, 10, 11, 15},
                        absl::StrCat(::testing::TempDir(), "/five_steps.", ::getpid(), ".",
                                     ::testing::UnitTest::GetInstance()->current_test_info()->name()));
    ASSERT_NE(bank, nullptr);
    windows = {bank.get(), static_cast<int>(needs.bank->radius)};
  }
  const std::vector<datasets::Sample> samples = {*clips.Load(1, 0)};  // two persons
  TakeStatisticsOf(samples, windows, clips, experiment, **model);
  // The paper's rate is for 16 clips, and after its warm-up. A step for each epoch: the first is the
  // warm-up's.
  TrainConfig config = experiment.train();
  config.set_learning_rate(experiment.train().learning_rate() / experiment.train().batch_size());
  config.set_warmup_epochs(0);
  TrainingStep training(config, kSeed, /*iterations_per_epoch=*/1, clips, windows, **model, OneProcess());
  ForgetPeakMemory();
  std::vector<double> losses;
  const absl::Time start = absl::Now();
  for (int step = 0; step < kSteps; ++step) {
    const auto output = training.Run({samples, step});
    ASSERT_TRUE(output.ok()) << output.status();
    ASSERT_TRUE(output->applied) << "loss " << output->loss << ", gradient norm " << output->gradient_norm;
    losses.push_back(output->loss);
  }
  std::printf("%s: %dx%dx%d, %.1f s a step, %s, losses %s\n", GetParam().c_str(), size.frames,
              size.short_side, size.short_side, absl::ToDoubleSeconds(absl::Now() - start) / kSteps,
              PeakMemory().c_str(), absl::StrJoin(losses, " ").c_str());
  EXPECT_TRUE(std::isfinite(losses.back()));
  EXPECT_LT(losses.back(), losses.front());
}

// Everything that decides about the steps.
std::string WhatIsRun(const Experiment& experiment) {
  const datasets::ClipSize size = datasets::ClipSizeOf(experiment.train_data());
  return absl::StrCat(experiment.model().SerializeAsString(), "\n", size.frames, " ", size.short_side, "\n",
                      experiment.train().SerializeAsString());
}

// The rows of the tables. Of rows that would run the same, only the first.
std::vector<std::string> Rows() {
  std::vector<std::string> rows;
  std::set<std::string> seen;
  for (const char* name : {"table1", "table2", "table4"}) {
    const auto table = ReadTable(DataFilesRoot() + "/experiments/tables", name);
    if (!table.ok()) continue;
    for (const std::string& experiment : RowExperiments(*table)) {
      const auto resolved = LoadExperiment(ConfigsRoot(), experiment);
      if (!resolved.ok() || seen.insert(WhatIsRun(resolved->experiment)).second) rows.push_back(experiment);
    }
  }
  return rows;
}

TEST(FiveStepsRowsTest, EveryRowIsThere) { EXPECT_GE(Rows().size(), 20); }

std::string TestName(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Rows, FiveStepsTest, ::testing::ValuesIn(Rows()), TestName);

}  // namespace
}  // namespace mrsn::experiments

// Each of the head's experiments is built at its real size, run once on the meta device and counted.
#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <map>
#include <string>

#include "datasets/open_dataset.h"
#include "experiments/config/config.h"
#include "experiments/config/text_proto.h"
#include "experiments/counts/complexity.h"
#include "experiments/counts/table_counts.h"
#include "experiments/heads/experiments_of_head.h"
#include "gtest/gtest.h"
#include "mrsn/build_model.h"
#include "mrsn/model_options.h"
#include "ops/base/runfiles.h"

namespace mrsn::experiments {
namespace {

Result Count(const std::string& name, const ComplexitySetting& setting) {
  const auto resolved = LoadExperiment(ConfigsRoot(), name);
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  Result result;
  const absl::Status status = AddComplexity(resolved->experiment, setting, &result);
  EXPECT_TRUE(status.ok()) << status;
  return result;
}

// Eight frames, but as many as ACT and STEP are made for.
ComplexitySetting SmallClip(const Experiment& experiment) {
  ComplexitySetting setting;
  if (experiment.model().has_act() || experiment.model().has_step()) {
    setting.frames = SettingOf(experiment).frames;
  }
  setting.height = setting.width = 64;
  return setting;
}

class CountsTest : public ::testing::TestWithParam<std::string> {};

TEST_P(CountsTest, IsBuiltAndRunAtItsRealSize) {
  const Experiment experiment = LoadExperiment(ConfigsRoot(), GetParam())->experiment;
  const Result result = Count(GetParam(), SmallClip(experiment));
  EXPECT_GT(result.parameters().backbone(), 0);
  EXPECT_GT(result.parameters().head(), 0);
  EXPECT_EQ(result.parameters().total(), result.parameters().backbone() + result.parameters().head());
  EXPECT_GT(result.multiply_adds().backbone(), 0);
  EXPECT_GT(result.multiply_adds().head(), 0);
  for (const DatasetConfig& data : {experiment.train_data(), experiment.eval_data()}) {
    if (data.dataset_case() == DatasetConfig::DATASET_NOT_SET) continue;  // models of reference/
    EXPECT_TRUE(datasets::ValidateDatasetConfig(data).ok()) << datasets::ValidateDatasetConfig(data);
  }
}

bool IsNorm(const torch::nn::Module& module) {
  return module.as<torch::nn::BatchNorm2d>() || module.as<torch::nn::BatchNorm3d>() ||
         module.as<torch::nn::LayerNorm>() || module.as<torch::nn::GroupNorm>();
}

// Every convolution and linear layer has multiply-adds of its own, no norm has any, and a module's
// are its own and those of the modules directly inside it.
void ExpectModulesSumUp(const ComplexityReport& report, const ModelConfig& config) {
  std::map<std::string, const ModuleComplexity*> modules;
  std::map<std::string, int64_t> inside;  // of the modules directly inside
  for (const ModuleComplexity& module : report.modules) {
    modules[module.module] = &module;
    const size_t dot = module.module.rfind('.');
    inside[dot == std::string::npos ? "" : module.module.substr(0, dot)] += module.macs;
  }
  EXPECT_EQ(inside[""], report.macs.total);
  EXPECT_EQ(modules.at("backbone")->own_macs, 0);
  for (const ModuleComplexity& module : report.modules) {
    EXPECT_EQ(module.macs, module.own_macs + inside[module.module]) << module.module;
    EXPECT_GE(module.own_macs, 0) << module.module;
  }
  const auto model = BuildDetector(config, at::kMeta);
  ASSERT_TRUE(model.ok()) << model.status();
  for (const auto& item : (*model)->named_modules("", /*include_self=*/false)) {
    const torch::nn::Module& module = *item.value();
    if (module.parameters().empty()) continue;
    ASSERT_EQ(modules.count(item.key()), 1) << item.key();
    const int64_t own = modules.at(item.key())->own_macs;
    if (IsNorm(module)) {
      EXPECT_EQ(own, 0) << item.key();
    } else if (module.as<torch::nn::Linear>() || module.as<torch::nn::Conv2d>() ||
               module.as<torch::nn::Conv3d>()) {
      EXPECT_GT(own, 0) << item.key();
    }
  }
}

// Three ways to the same numbers: by module, apart, and by the equations.
TEST_P(CountsTest, ItsCountsAgree) {
  const Experiment experiment = LoadExperiment(ConfigsRoot(), GetParam())->experiment;
  ComplexitySetting setting = SmallClip(experiment);
  setting.bank_entries = 40;
  setting.objects = 4;
  const auto report = CountComplexity(GetParam(), experiment, setting);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->parameters.total, report->parameters.backbone + report->parameters.head);
  EXPECT_EQ(report->macs.total, report->macs.backbone + report->macs.head);
  const auto module = [&](const std::string& name) {
    for (const ModuleComplexity& module : report->modules) {
      if (module.module == name) return module;
    }
    return ModuleComplexity();
  };
  EXPECT_EQ(module("backbone").parameters, report->parameters.backbone);
  EXPECT_EQ(module("backbone").macs, report->macs.backbone);
  EXPECT_EQ(module("head").parameters, report->parameters.head);
  EXPECT_EQ(module("head").macs, report->macs.head);
  EXPECT_EQ(report->curve.empty(), !report->needs.boxes);
  for (const CurvePoint& point : report->curve) {
    if (point.boxes == setting.boxes && point.bank_entries == report->setting.bank_entries) {
      EXPECT_EQ(point.head_macs, report->macs.head);
    }
  }
  EXPECT_GT(report->activations.made, report->activations.peak);
  EXPECT_GT(report->activations.training, report->activations.peak);
  ExpectModulesSumUp(*report, experiment.model());
  const bool relations = experiment.model().mrsn().has_acre() || experiment.model().mrsn().has_aare();
  ASSERT_EQ(report->plain.has_value(), relations);
  if (relations) {
    EXPECT_EQ(report->plain->head_parameters, report->parameters.head);
  }
}

// Derived from the options and told by the model itself.
TEST_P(CountsTest, ItsModelNeedsWhatItsConfigSays) {
  const ModelConfig config = LoadExperiment(ConfigsRoot(), GetParam())->experiment.model();
  const auto model = BuildDetector(config, at::kMeta);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE((*model)->needs() == *NeedsOf(config));
}

INSTANTIATE_TEST_SUITE_P(Experiments, CountsTest, ::testing::ValuesIn(ExperimentsOfHead()),
                         ExperimentTestName);

// experiments/records/counts.textproto against the models counted anew.
TEST(TableCountsTest, TheFileHoldsWhatIsCounted) {
  Counts held;
  const absl::Status read = ReadTextProto(DataFilesRoot() + "/experiments/records/counts.textproto", &held);
  ASSERT_TRUE(read.ok()) << read;
  const auto sizes = CountedExperiments(DataFilesRoot() + "/experiments/tables");
  ASSERT_TRUE(sizes.ok()) << sizes.status();
  for (const ModelCounts& model : held.model()) {
    if (sizes->count(model.experiment()) == 0 || !HasHeadUnderTest(model.experiment())) continue;
    const auto counted = CountModel(ConfigsRoot(), model.experiment(), sizes->at(model.experiment()));
    ASSERT_TRUE(counted.ok()) << counted.status();
    EXPECT_EQ(PrintTextProto(*counted), PrintTextProto(model))
        << "run ./bazelw run //experiments:update_counts";
  }
}

}  // namespace
}  // namespace mrsn::experiments

// The precision of a training and the average of its weights.
#include <ATen/ATen.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "experiments/engine/trainer.h"
#include "experiments/testing/trainer_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The gradient, 1e18, times 2^69 and times 2^70 is beyond float32's 3.4e38: two steps are left out. The scale
// grows again after each step that is applied.
TEST_F(TrainerTest, AScaleOfTheLossThatIsTooLargeIsHalvedAndTheStepLeftOut) {
  config_.set_precision(TrainConfig::FLOAT16);
  config_.mutable_loss_scaling()->set_initial_scale(std::exp2(70));
  config_.mutable_loss_scaling()->set_growth_interval(1);
  config_.set_learning_rate(2e-19);
  config_.set_epochs(2);  // 8 iterations
  PulledWeights undisturbed(1e18, 0);
  const auto report = Train(options_, config_, clips_, {}, undisturbed);
  ASSERT_TRUE(report.ok()) << report.status();
  const std::vector<std::string> expected_log = Log();
  std::vector<double> scales, left_out;
  for (const absl::string_view line : absl::StrSplit(*ReadFile(options_.log_path), '\n', absl::SkipEmpty())) {
    const auto entry = nlohmann::json::parse(line);
    scales.push_back(std::round(std::log2(entry["loss_scale"].get<double>())));
    left_out.push_back(entry.contains("not_applied") ? entry["not_applied"].size() : 0);
  }
  EXPECT_THAT(scales, ElementsAre(70, 69, 68, 69, 68, 69, 68, 69));
  EXPECT_THAT(left_out, ElementsAre(2, 2, 0, 2, 0, 2, 0, 2)) << "clips";
  EXPECT_NEAR(undisturbed.a.item<double>(), 1 - 3 * 0.2, 1e-6);
  EXPECT_EQ(report->about.nan_batches(), 0);

  // A training that is killed in its fourth step goes on with the scale of the checkpoint of the second.
  options_.checkpoint_folder += ".other";
  PulledWeights stopped(1e18, 0), resumed(1e18, 0);
  stopped.broken_call = 3;
  ASSERT_FALSE(Run(stopped).ok());
  ASSERT_TRUE(Run(resumed).ok());
  EXPECT_EQ(resumed.calls, 6);
  EXPECT_TRUE(at::equal(resumed.a, undisturbed.a));
  EXPECT_EQ(Log(), expected_log) << "the same losses";
}

// A gradient that is infinite at every scale is not the scale's doing.
TEST_F(TrainerTest, AGradientThatStaysInfiniteEndsAFloat16Training) {
  config_.set_precision(TrainConfig::FLOAT16);
  config_.mutable_loss_scaling()->set_initial_scale(4);
  config_.set_epochs(2);
  PulledWeights model(1, 1);
  model.root = true;
  EXPECT_THAT(std::string(Run(model).message()),
              HasSubstr("the norm of the gradients is inf at iteration 2"));
  EXPECT_EQ(model.b.item<double>(), 1);
}

// a = 1 - 0.3 t after step t.
TEST_F(TrainerTest, TheAverageOfTheWeightsIsValidatedKeptAndResumed) {
  config_.set_ema_decay(0.75);
  config_.set_evaluate_every_epochs(0.5);  // after steps 2 and 4
  std::vector<double> expected;
  double average = 1;
  for (int t = 1; t <= 4; ++t) expected.push_back(average = 0.75 * average + 0.25 * (1 - 0.3 * t));
  std::vector<double> seen;
  PulledWeights undisturbed(3, -4), stopped(3, -4), resumed(3, -4);
  const PulledWeights* validated = &undisturbed;
  options_.validate = [&] {
    seen.push_back(validated->a.item<double>());
    return 0.1 * static_cast<double>(seen.size());
  };
  ASSERT_TRUE(Run(undisturbed).ok());
  ASSERT_EQ(seen.size(), 2);
  EXPECT_NEAR(seen[0], expected[1], 1e-6);
  EXPECT_NEAR(seen[1], expected[3], 1e-6);
  EXPECT_NEAR(undisturbed.a.item<double>(), expected[3], 1e-6) << "the training ends with the average";
  const auto best = ReadSafetensors(options_.checkpoint_folder + "/best.safetensors");
  ASSERT_TRUE(best.ok()) << best.status();
  EXPECT_NEAR(best->tensors.at("a").item<double>(), expected[3], 1e-6);
  const auto last = ReadSafetensors(options_.checkpoint_folder + "/checkpoint-000000004.safetensors");
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_NEAR(last->tensors.at("model.a").item<double>(), 1 - 0.3 * 4, 1e-6) << "goes on with the weights";
  EXPECT_NEAR(last->tensors.at("average.a").item<double>(), expected[3], 1e-6);

  options_.checkpoint_folder += ".other";
  validated = &stopped;
  stopped.broken_call = 3;
  ASSERT_FALSE(Run(stopped).ok());
  validated = &resumed;
  ASSERT_TRUE(Run(resumed).ok());
  EXPECT_EQ(resumed.calls, 2);
  EXPECT_TRUE(at::equal(resumed.a, undisturbed.a));
  EXPECT_TRUE(at::equal(resumed.b, undisturbed.b));
}

}  // namespace
}  // namespace mrsn::experiments

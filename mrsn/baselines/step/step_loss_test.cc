#include "mrsn/baselines/step/step_loss.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <vector>

#include "mrsn/baselines/step/proposals.h"
#include "mrsn/testing/compare.h"

namespace mrsn::baselines {
namespace {

// Two clips of four proposals each at two positions; the second clip has nobody in it.
struct LossCase {
  StepPredictions predictions;
  StepTargets targets;
};
LossCase MakeLossCase() {
  at::manual_seed(4);
  const auto variable = [](at::IntArrayRef shape) {
    return at::randn(shape, at::kDouble).set_requires_grad(true);
  };
  LossCase made;
  made.predictions = {variable({8, 3}), variable({8, 2, 4}), variable({8, 2, 4}), variable({8, 2, 4})};
  const std::vector<Box> proposals =
      Repeat({{0, 0, 0.5f, 0.5f}, {0.5f, 0.5f, 1, 1}, {0, 0.5f, 0.5f, 1}, {0.5f, 0, 1, 0.5f}}, 2);
  std::vector<Box> both = proposals;
  both.insert(both.end(), proposals.begin(), proposals.end());
  StepTruth truth;
  truth.positions = 6;
  // A person that moves from the first proposal to the fourth, and one that overlaps the second
  // by 0.04 / 0.25 only.
  for (int p = 0; p < 6; ++p) truth.boxes.push_back({0.1f * p - 0.2f, 0, 0.1f * p + 0.3f, 0.5f});
  truth.boxes.insert(truth.boxes.end(), 6, {0.6f, 0.6f, 0.8f, 0.8f});
  truth.clips = {0, 0};
  truth.labels = at::tensor({1.f, 0.f, 1.f, 0.f, 1.f, 0.f}).reshape({2, 3});
  made.targets = MakeStepTargets(both, 4, 2, 2, truth, 0.35, true);
  return made;
}

TEST(StepLossTest, TargetsAreOfTheBestPerson) {
  const StepTargets targets = MakeLossCase().targets;
  EXPECT_TRUE(at::equal(targets.positive.to(at::kInt),
                        at::tensor({1, 1, 0, 0, 0, 0, 0, 0}, at::kInt)));  // 0 by overlap, 1 as the best
  EXPECT_TRUE(at::equal(targets.labels[0], at::tensor({1.f, 0.f, 1.f})));
  EXPECT_TRUE(at::equal(targets.labels[1], at::tensor({0.f, 1.f, 0.f})));
  EXPECT_EQ(targets.labels.slice(0, 2).abs().sum().item<float>(), 0);
  // At positions 2 and 3 the first person is at x 0 and 0.1, of a proposal 0.5 wide; before,
  // at -0.2 and -0.1, and after, at 0.2 and 0.3.
  const auto x = [](const at::Tensor& offsets, int position) {
    return offsets[0][position][0].item<float>();
  };
  EXPECT_NEAR(x(targets.offsets, 0), 0, 1e-5);
  EXPECT_NEAR(x(targets.offsets, 1), 0.2, 1e-5);
  EXPECT_NEAR(x(targets.before, 0), -0.4, 1e-5);
  EXPECT_NEAR(x(targets.before, 1), -0.2, 1e-5);
  EXPECT_NEAR(x(targets.after, 0), 0.4, 1e-5);
  EXPECT_NEAR(x(targets.after, 1), 0.6, 1e-5);
  EXPECT_NEAR(targets.offsets[1][0][2].item<float>(), std::log(0.4), 1e-5);
}

TEST(StepLossTest, EqualsThePlainLoops) {
  const LossCase made = MakeLossCase();
  double classification = 0, regression = 0, anticipation = 0;
  for (int64_t m = 0; m < 8; ++m) {
    for (int64_t k = 0; k < 3; ++k) {
      const double z = made.predictions.logits[m][k].item<double>();
      const double score = 1 / (1 + std::exp(-z));
      classification -= made.targets.labels[m][k].item<float>() > 0 ? std::log(score) : std::log(1 - score);
    }
    if (!made.targets.positive[m].item<bool>()) continue;
    const auto smooth = [&](const at::Tensor& predicted, const at::Tensor& target) {
      double sum = 0;
      for (int64_t i = 0; i < 8; ++i) {
        const double d =
            std::abs(predicted[m].flatten()[i].item<double>() - target[m].flatten()[i].item<float>());
        sum += d < 1 ? d * d / 2 : d - 0.5;
      }
      return sum;
    };
    regression += smooth(made.predictions.offsets, made.targets.offsets);
    anticipation += smooth(made.predictions.before, made.targets.before) +
                    smooth(made.predictions.after, made.targets.after);
  }
  const StepLoss loss = ComputeStepLoss(made.predictions, made.targets);
  EXPECT_NEAR(loss.classification.item<double>(), classification, 1e-9);
  EXPECT_NEAR(loss.regression.item<double>(), regression, 1e-9);
  EXPECT_NEAR(loss.anticipation.item<double>(), anticipation, 1e-9);
  EXPECT_NEAR(loss.Mean().item<double>(),
              classification / 24 + 5 * regression / (2 * 8) + anticipation / (2 * 2 * 8), 1e-9);
}

TEST(StepLossTest, ClipsAddTheirOwnAndGradientsAreRight) {
  const LossCase made = MakeLossCase();
  const auto clip = [&](int64_t b) {
    const auto rows = [&](const at::Tensor& x) { return x.slice(0, 4 * b, 4 * b + 4); };
    const StepPredictions& p = made.predictions;
    const StepTargets& t = made.targets;
    return ComputeStepLoss(
        {rows(p.logits), rows(p.offsets), rows(p.before), rows(p.after)},
        {rows(t.labels), rows(t.positive), rows(t.offsets), rows(t.before), rows(t.after)});
  };
  const StepLoss together = ComputeStepLoss(made.predictions, made.targets), first = clip(0),
                 second = clip(1);
  const auto sum = [](const at::Tensor& a, const at::Tensor& b) { return (a + b).item<double>(); };
  EXPECT_NEAR(together.classification.item<double>(), sum(first.classification, second.classification), 1e-9);
  EXPECT_NEAR(together.regression.item<double>(), sum(first.regression, second.regression), 1e-9);
  EXPECT_NEAR(together.anticipation.item<double>(), sum(first.anticipation, second.anticipation), 1e-9);
  EXPECT_EQ(together.regressed, first.regressed + second.regressed);
  EXPECT_EQ(second.regressed, 0);
  EXPECT_TRUE(std::isfinite(second.Mean().item<double>()));
  ExpectGradientsRight([&] { return ComputeStepLoss(made.predictions, made.targets).Mean().reshape({1}); },
                       {{"logits", made.predictions.logits},
                        {"offsets", made.predictions.offsets},
                        {"before", made.predictions.before},
                        {"after", made.predictions.after}});
}

}  // namespace
}  // namespace mrsn::baselines

#include "mrsn/baselines/act/cuboid_loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "mrsn/baselines/anchors/box_tensors.h"
#include "mrsn/testing/compare.h"

namespace mrsn::baselines {
namespace {

constexpr int64_t kClips = 3, kAnchors = 20, kFrames = 2, kClasses = 3;

struct Batch {
  CuboidPredictions predictions;
  CuboidTargets targets;
};

// Positives: 2 in the first clip, 0 in the second, 6 in the third, which has too few others.
Batch RandomBatch() {
  at::manual_seed(4);
  Batch batch;
  batch.predictions = {at::randn({kClips, kAnchors, kClasses + 1}, at::kDouble).set_requires_grad(true),
                       at::randn({kClips, kAnchors, kFrames, 4}, at::kDouble).set_requires_grad(true)};
  batch.targets = {at::zeros({kClips, kAnchors}, at::kLong), at::zeros({kClips, kAnchors, kFrames, 4})};
  const std::vector<std::pair<int, int>> positives = {{0, 3}, {0, 11}, {2, 0},  {2, 4},
                                                      {2, 5}, {2, 9},  {2, 10}, {2, 19}};
  for (const auto& [b, a] : positives) {
    batch.targets.classes[b][a] = 1 + (a + b) % kClasses;
    batch.targets.offsets[b][a].copy_(at::randn({kFrames, 4}) * 2);
  }
  return batch;
}

CuboidLoss LossOf(const Batch& batch) { return ComputeCuboidLoss(batch.predictions, batch.targets); }

Batch OnlyClip(const Batch& batch, int64_t b) {
  const auto only = [&](const at::Tensor& x) { return x.slice(0, b, b + 1); };
  return {{only(batch.predictions.logits), only(batch.predictions.offsets)},
          {only(batch.targets.classes), only(batch.targets.offsets)}};
}

TEST(CuboidLossTest, ThreeHardNegativesAPositiveInEachClip) {
  const Batch batch = RandomBatch();
  const at::Tensor positive = batch.targets.classes > 0, loss = at::rand({kClips, kAnchors});
  const at::Tensor negatives = HardNegatives(loss, positive);
  EXPECT_EQ(negatives[0].sum().item<int64_t>(), 6);
  EXPECT_EQ(negatives[1].sum().item<int64_t>(), 0);
  EXPECT_EQ(negatives[2].sum().item<int64_t>(), 14);  // all that are not positive
  EXPECT_FALSE(negatives.logical_and(positive).any().item<bool>());
  // Every taken negative is at least as hard as every other one.
  const at::Tensor others = negatives[0].logical_or(positive[0]).logical_not();
  EXPECT_GE(loss[0].masked_select(negatives[0]).min().item<float>(),
            loss[0].masked_select(others).max().item<float>());
}

TEST(CuboidLossTest, EqualsThePlainLoops) {
  const Batch batch = RandomBatch();
  double classification = 0, regression = 0;
  for (int64_t b = 0; b < kClips; ++b) {
    int64_t positives = 0;
    std::vector<double> background;
    for (int64_t a = 0; a < kAnchors; ++a) {
      const auto logit = [&](int64_t k) { return batch.predictions.logits[b][a][k].item<double>(); };
      double sum = 0;
      for (int64_t k = 0; k <= kClasses; ++k) sum += std::exp(logit(k));
      const auto action = batch.targets.classes[b][a].item<int64_t>();
      const double entropy = std::log(sum) - logit(action);
      if (action == 0) {
        background.push_back(entropy);
        continue;
      }
      ++positives;
      classification += entropy;
      for (int64_t t = 0; t < kFrames; ++t) {
        for (int64_t i = 0; i < 4; ++i) {
          const double d = std::abs(batch.predictions.offsets[b][a][t][i].item<double>() -
                                    batch.targets.offsets[b][a][t][i].item<float>());
          regression += (d < 1 ? d * d / 2 : d - 0.5) / kFrames;
        }
      }
    }
    std::sort(background.rbegin(), background.rend());
    for (int64_t i = 0; i < std::min<int64_t>(3 * positives, background.size()); ++i) {
      classification += background[i];
    }
  }
  const CuboidLoss loss = LossOf(batch);
  EXPECT_NEAR(loss.classification.item<double>(), classification, 1e-9);
  EXPECT_NEAR(loss.regression.item<double>(), regression, 1e-9);
  EXPECT_EQ(loss.positives, 8);
  EXPECT_NEAR(loss.Mean().item<double>(), (classification + regression) / 8, 1e-9);
}

TEST(CuboidLossTest, ClipsAddTheirOwn) {
  const Batch batch = RandomBatch();
  double classification = 0, regression = 0;
  int64_t positives = 0;
  for (int64_t b = 0; b < kClips; ++b) {
    const CuboidLoss loss = LossOf(OnlyClip(batch, b));
    classification += loss.classification.item<double>();
    regression += loss.regression.item<double>();
    positives += loss.positives;
  }
  const CuboidLoss together = LossOf(batch);
  EXPECT_NEAR(together.classification.item<double>(), classification, 1e-9);
  EXPECT_NEAR(together.regression.item<double>(), regression, 1e-9);
  EXPECT_EQ(together.positives, positives);
}

TEST(CuboidLossTest, GradientsAreRight) {
  const Batch batch = RandomBatch();
  ExpectGradientsRight([&] { return LossOf(batch).Mean().reshape({1}); },
                       {{"logits", batch.predictions.logits}, {"offsets", batch.predictions.offsets}}, 30);
}

TEST(CuboidLossTest, NoPositivesIsZeroWithAGraph) {
  Batch batch = RandomBatch();
  batch.targets.classes.zero_();
  const at::Tensor loss = LossOf(batch).Mean();
  EXPECT_EQ(loss.item<double>(), 0);
  loss.backward();
  EXPECT_EQ(batch.predictions.logits.grad().abs().max().item<double>(), 0);
  EXPECT_EQ(batch.predictions.offsets.grad().abs().max().item<double>(), 0);
}

TEST(CuboidLossTest, AnchorsThatDoNotCountMayBeInfinite) {
  const Batch batch = RandomBatch();
  const double before = LossOf(batch).Mean().item<double>();
  at::NoGradGuard no_grad;
  batch.predictions.offsets[1].fill_(INFINITY);
  EXPECT_EQ(LossOf(batch).Mean().item<double>(), before);
}

TEST(CuboidTargetsTest, AreOfTheMatchedTubelet) {
  const std::vector<Box> anchors = {
      {0, 0, 0.5f, 0.5f}, {0, 0, 0.5f, 0.4f}, {0.5f, 0.5f, 1, 1}, {0.9f, 0, 1, 0.1f}};
  // Clip 0 is empty. In clip 1 one person moves to the right, another does two things.
  const std::vector<Box> moving = {{0, 0, 0.5f, 0.5f}, {0.1f, 0, 0.6f, 0.5f}},
                         still = {{0.5f, 0.5f, 1, 0.9f}, {0.5f, 0.5f, 1, 0.9f}};
  std::vector<Box> both = moving;
  both.insert(both.end(), still.begin(), still.end());
  Truth truth;
  truth.labels = at::tensor({0.f, 0.f, 1.f, 1.f, 1.f, 0.f}).reshape({2, 3});
  truth.tubelets = TensorOf(both).reshape({2, 2, 4});
  const CuboidTargets targets = MakeCuboidTargets(anchors, at::tensor({1, 1}, at::kLong), truth, 2);
  EXPECT_EQ(targets.classes[0].abs().sum().item<int64_t>(), 0);
  // Anchor 0 overlaps `moving` by 1 and 0.4 / 0.6: 0.83; anchor 1 by 0.8 and 0.16 / 0.29: 0.68.
  EXPECT_EQ(targets.classes[1][0].item<int64_t>(), 3);
  EXPECT_EQ(targets.classes[1][1].item<int64_t>(), 3);
  // `still` is there once for each of two labels: of its one good anchor the first label has it,
  // and the second label finds no other that overlaps at all.
  EXPECT_EQ(targets.classes[1][2].item<int64_t>(), 1);
  EXPECT_EQ(targets.classes[1][3].item<int64_t>(), 0);
  EXPECT_EQ(targets.offsets[1][3].abs().max().item<float>(), 0);
  // (0.35 - 0.25) / (0.5 * 0.1) in the second frame.
  EXPECT_NEAR(targets.offsets[1][0][1][0].item<float>(), 2, 1e-4);
  EXPECT_NEAR(targets.offsets[1][0][0].abs().max().item<float>(), 0, 1e-5);
  EXPECT_NEAR(targets.offsets[1][1][0][3].item<float>(), std::log(0.5 / 0.4) / 0.2, 1e-4);
}

TEST(CuboidTargetsTest, NobodyAnywhere) {
  Truth truth;
  truth.labels = at::zeros({0, 3});
  truth.tubelets = at::zeros({0, 2, 4});
  const CuboidTargets targets = MakeCuboidTargets({{0, 0, 1, 1}}, at::zeros({0}, at::kLong), truth, 2);
  EXPECT_EQ(targets.classes.sizes(), (at::IntArrayRef{2, 1}));
  EXPECT_EQ(targets.classes.sum().item<int64_t>(), 0);
}

}  // namespace
}  // namespace mrsn::baselines

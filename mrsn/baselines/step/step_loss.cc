#include "mrsn/baselines/step/step_loss.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "absl/types/span.h"
#include "mrsn/baselines/anchors/box_coding.h"
#include "mrsn/baselines/anchors/masked_sum.h"
#include "mrsn/baselines/anchors/matching.h"
#include "ops/device/move_together.h"

namespace mrsn::baselines {
namespace {

constexpr double kRegressionWeight = 5;

// offsets [P,4] from the proposal's boxes to the truth's.
void Fill(absl::Span<const Box> truth, absl::Span<const Box> proposal, at::Tensor offsets) {
  auto rows = offsets.accessor<float, 2>();
  for (size_t p = 0; p < truth.size(); ++p) {
    const BoxOffsets target = Encode(truth[p], proposal[p], BoxCoding{});
    rows[p][0] = target.x;
    rows[p][1] = target.y;
    rows[p][2] = target.w;
    rows[p][3] = target.h;
  }
}

at::Tensor SmoothL1(const at::Tensor& predicted, const at::Tensor& target, const at::Tensor& positive) {
  return MaskedSum(
      at::smooth_l1_loss(predicted, target.to(predicted.options()), at::Reduction::None).sum({1, 2}),
      positive);
}

}  // namespace

StepTargets MakeStepTargets(const std::vector<Box>& proposals, int64_t per_clip, int64_t first,
                            int64_t positions, const StepTruth& truth, double threshold, bool anticipate) {
  const auto count = static_cast<int64_t>(proposals.size()) / positions;
  const absl::Span<const Box> cuboids(proposals), boxes(truth.boxes);
  StepTargets targets;
  targets.labels = at::zeros({count, truth.labels.size(1)});
  targets.positive = at::zeros({count}, at::kBool);
  targets.offsets = at::zeros({count, positions, 4});
  if (anticipate) {
    targets.before = at::zeros_like(targets.offsets);
    targets.after = at::zeros_like(targets.offsets);
  }
  for (int64_t clip = 0; clip * per_clip < count; ++clip) {
    std::vector<int64_t> persons;
    std::vector<Box> present;
    for (size_t n = 0; n < truth.clips.size(); ++n) {
      if (truth.clips[n] != clip) continue;
      persons.push_back(static_cast<int64_t>(n));
      const auto at_positions = boxes.subspan(n * truth.positions + first, positions);
      present.insert(present.end(), at_positions.begin(), at_positions.end());
    }
    const std::vector<int> matched =
        Match(MeanOverlaps(cuboids.subspan(clip * per_clip * positions, per_clip * positions), present,
                           static_cast<int>(positions)),
              static_cast<float>(threshold));
    for (int64_t i = 0; i < per_clip; ++i) {
      if (matched[i] == kUnmatched) continue;
      const int64_t row = clip * per_clip + i, n = persons[matched[i]];
      const auto proposal = cuboids.subspan(row * positions, positions);
      const auto person = [&](int64_t from) { return boxes.subspan(n * truth.positions + from, positions); };
      targets.positive[row] = true;
      targets.labels[row].copy_(truth.labels[n]);
      Fill(person(first), proposal, targets.offsets[row]);
      if (anticipate) {
        Fill(person(first - positions), proposal, targets.before[row]);
        Fill(person(first + positions), proposal, targets.after[row]);
      }
    }
  }
  return targets;
}

StepLoss ComputeStepLoss(const StepPredictions& predictions, const StepTargets& made) {
  const at::Tensor& logits = predictions.logits;
  StepTargets targets = made;
  MoveTogether({&targets.labels, &targets.positive, &targets.offsets, &targets.before, &targets.after},
               logits.device());
  const at::Tensor& positive = targets.positive;
  StepLoss loss;
  loss.classification = at::binary_cross_entropy_with_logits(logits, targets.labels.to(logits.options()), {},
                                                             {}, at::Reduction::Sum);
  loss.regression = SmoothL1(predictions.offsets, targets.offsets, positive);
  if (targets.before.defined()) {
    loss.anticipation = SmoothL1(predictions.before, targets.before, positive) +
                        SmoothL1(predictions.after, targets.after, positive);
  }
  loss.classified = logits.numel();
  loss.regressed = made.positive.sum().item<int64_t>() * predictions.offsets.size(1) * 4;
  return loss;
}

std::vector<LossPart> StepLoss::Parts() const {
  const auto terms = static_cast<double>(std::max<int64_t>(regressed, 1));
  std::vector<LossPart> parts = {
      {classification / static_cast<double>(std::max<int64_t>(classified, 1)),
       static_cast<double>(classified)},
      {kRegressionWeight * regression / terms, static_cast<double>(regressed)},
  };
  if (anticipation.defined()) parts.push_back({anticipation / (2 * terms), static_cast<double>(regressed)});
  return parts;
}

at::Tensor StepLoss::Mean() const {
  at::Tensor mean;
  for (const LossPart& part : Parts()) mean = mean.defined() ? mean + part.mean : part.mean;
  return mean;
}

}  // namespace mrsn::baselines

#include "mrsn/baselines/act/cuboid_loss.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "mrsn/baselines/anchors/box_tensors.h"
#include "mrsn/baselines/anchors/masked_sum.h"
#include "mrsn/baselines/anchors/matching.h"
#include "ops/device/move_together.h"

namespace mrsn::baselines {

CuboidTargets MakeCuboidTargets(const std::vector<Box>& anchors, const at::Tensor& clip_index,
                                const Truth& truth, int64_t clips) {
  const auto count = static_cast<int64_t>(anchors.size());
  const int64_t frames = truth.tubelets.size(1);
  const std::vector<Box> tubelets = BoxesOf(truth.tubelets);
  std::vector<Box> cuboids;
  for (const Box& anchor : anchors) cuboids.insert(cuboids.end(), frames, anchor);
  const at::Tensor labels = truth.labels.to(at::kCPU, at::kFloat).contiguous(),
                   clip_of = clip_index.to(at::kCPU).contiguous();
  CuboidTargets targets = {at::zeros({clips, count}, at::kLong), at::zeros({clips, count, frames, 4})};
  const auto label = labels.accessor<float, 2>();
  const auto clip = clip_of.accessor<int64_t, 1>();
  auto classes = targets.classes.accessor<int64_t, 2>();
  auto offsets = targets.offsets.accessor<float, 4>();
  for (int64_t b = 0; b < clips; ++b) {
    std::vector<Box> boxes;        // of the clip's persons, once for each label
    std::vector<int64_t> actions;  // the label
    for (int64_t n = 0; n < labels.size(0); ++n) {
      for (int64_t k = 0; k < labels.size(1); ++k) {
        if (clip[n] != b || label[n][k] == 0) continue;
        actions.push_back(k);
        boxes.insert(boxes.end(), tubelets.begin() + n * frames, tubelets.begin() + (n + 1) * frames);
      }
    }
    const std::vector<int> matched =
        Match(MeanOverlaps(cuboids, boxes, static_cast<int>(frames)), kLeastCuboidOverlap);
    for (int64_t a = 0; a < count; ++a) {
      if (matched[a] == kUnmatched) continue;
      classes[b][a] = 1 + actions[matched[a]];
      for (int64_t t = 0; t < frames; ++t) {
        const BoxOffsets target = Encode(boxes[matched[a] * frames + t], anchors[a], kCuboidCoding);
        offsets[b][a][t][0] = target.x;
        offsets[b][a][t][1] = target.y;
        offsets[b][a][t][2] = target.w;
        offsets[b][a][t][3] = target.h;
      }
    }
  }
  return targets;
}

at::Tensor HardNegatives(const at::Tensor& background_loss, const at::Tensor& positive) {
  const at::Tensor loss = background_loss.detach().masked_fill(positive, -1);  // a loss is never below 0
  const at::Tensor order = std::get<1>(loss.sort(/*stable=*/true, /*dim=*/1, /*descending=*/true));
  const at::Tensor rank = std::get<1>(order.sort(/*stable=*/true, /*dim=*/1, /*descending=*/false));
  const at::Tensor wanted = kNegativesPerPositive * positive.sum(1, /*keepdim=*/true);
  return (rank < wanted).logical_and(positive.logical_not());
}

CuboidLoss ComputeCuboidLoss(const CuboidPredictions& predictions, const CuboidTargets& targets) {
  const at::Tensor& logits = predictions.logits;
  at::Tensor classes = targets.classes, offsets = targets.offsets;
  MoveTogether({&classes, &offsets}, logits.device());
  const at::Tensor log_scores = logits.log_softmax(2);
  const at::Tensor positive = classes > 0;
  const at::Tensor counted = positive.logical_or(HardNegatives(-log_scores.select(2, 0), positive));
  const at::Tensor entropy = -log_scores.gather(2, classes.unsqueeze(2)).squeeze(2);
  const at::Tensor difference =
      at::smooth_l1_loss(predictions.offsets, offsets.to(predictions.offsets.options()), at::Reduction::None);
  CuboidLoss loss;
  loss.classification = MaskedSum(entropy, counted);
  loss.regression = MaskedSum(difference.mean(2).sum(2), positive);
  loss.positives = (targets.classes > 0).sum().item<int64_t>();
  return loss;
}

at::Tensor CuboidLoss::Mean() const {
  return (classification + regression) / static_cast<double>(std::max<int64_t>(positives, 1));
}

}  // namespace mrsn::baselines

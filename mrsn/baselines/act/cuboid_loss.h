// Targets and losses of ACT's anchor cuboids.
//
// Shapes: B clips, A anchors, T frames, N persons over all clips, K classes.
#ifndef MRSN_MRSN_BASELINES_ACT_CUBOID_LOSS_H_
#define MRSN_MRSN_BASELINES_ACT_CUBOID_LOSS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "mrsn/baselines/anchors/box_coding.h"
#include "mrsn/detector.h"
#include "ops/base/box.h"

namespace mrsn::baselines {

constexpr BoxCoding kCuboidCoding = {0.1f, 0.2f};
constexpr double kLeastCuboidOverlap = 0.5;   // of a positive, beside the best anchor of each tubelet
constexpr int64_t kNegativesPerPositive = 3;  // of the same clip

struct CuboidPredictions {
  at::Tensor logits;   // [B,A,K+1]; 0 is the background
  at::Tensor offsets;  // [B,A,T,4] x,y,w,h of box_coding.h
};

struct CuboidTargets {
  at::Tensor classes;  // [B,A] int64; 0: background
  at::Tensor offsets;  // [B,A,T,4]; 0 where background
};

// Anchor cuboids, the same box in every frame, matched with tubelets by mean overlap over the
// frames. A person counts once for each of its labels.
CuboidTargets MakeCuboidTargets(const std::vector<Box>& anchors, const at::Tensor& clip_index,
                                const Truth& truth, int64_t clips);

// The hard negatives: in each clip those with the largest loss (of equals the first), kNegativesPerPositive
// times as many as the clip has positives, or all if there are fewer.
//   background_loss [B,A], positive [B,A] bool -> [B,A] bool
at::Tensor HardNegatives(const at::Tensor& background_loss, const at::Tensor& positive);

// Sums over the batch; each clip adds its own.
struct CuboidLoss {
  at::Tensor classification;  // cross entropy of positives and hard negatives
  at::Tensor regression;      // smooth L1 of the positives' 4 T offsets / T
  int64_t positives = 0;
  // (classification + regression) / positives; 0 with a graph without positives.
  at::Tensor Mean() const;
};
CuboidLoss ComputeCuboidLoss(const CuboidPredictions& predictions, const CuboidTargets& targets);

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ACT_CUBOID_LOSS_H_

// Targets and losses of the proposals of one of STEP's steps.
//
// Shapes: M proposals over all clips, P temporal positions, N persons, K classes.
#ifndef MRSN_MRSN_BASELINES_STEP_STEP_LOSS_H_
#define MRSN_MRSN_BASELINES_STEP_STEP_LOSS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "mrsn/detector.h"
#include "ops/base/box.h"

namespace mrsn::baselines {

struct StepPredictions {
  at::Tensor logits;   // [M,K]
  at::Tensor offsets;  // [M,P,4] x,y,w,h of box_coding.h, variances 1
  // Where the same proposals will be P positions earlier and later; undefined unless the next
  // step is longer.
  at::Tensor before, after;  // [M,P,4]
};

struct StepTargets {
  at::Tensor labels;                  // [M,K] 0 or 1; 0 where not positive
  at::Tensor positive;                // [M] bool
  at::Tensor offsets, before, after;  // as the predictions'; 0 where not positive
};

// The clip's persons at its temporal positions.
struct StepTruth {
  std::vector<Box> boxes;      // [N, positions]
  std::vector<int64_t> clips;  // [N]
  at::Tensor labels;           // [N,K] float
  int64_t positions = 0;       // of the whole clip
};

// `proposals` [M,P], per_clip of each clip, stand at the positions from `first` on. A proposal is
// positive if it overlaps a person by `threshold`, mean over the positions, or is a person's best;
// it has the labels of the person it overlaps most. `anticipate`: before and after, too.
StepTargets MakeStepTargets(const std::vector<Box>& proposals, int64_t per_clip, int64_t first,
                            int64_t positions, const StepTruth& truth, double threshold, bool anticipate);

// Sums over the batch; each clip adds its own.
struct StepLoss {
  at::Tensor classification;              // binary cross entropy over proposals and classes
  at::Tensor regression;                  // smooth L1 over positives, positions and coordinates
  at::Tensor anticipation;                // the same of before and after; undefined without
  int64_t classified = 0, regressed = 0;  // how many terms the first two have
  // classification, 5 regression and anticipation (if defined), each divided by its terms.
  std::vector<LossPart> Parts() const;
  at::Tensor Mean() const;  // the sum of the parts
};
StepLoss ComputeStepLoss(const StepPredictions& predictions, const StepTargets& targets);

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_STEP_STEP_LOSS_H_

// STEP, spatio-temporal progressive learning (Yang et al., CVPR 2019): a handful of coarse proposal
// cuboids, refined and made longer over three steps.
//
//   T frames -> I3D up to mixed_4f -> map [B,C,P,h,w], P = T / 4 temporal positions
//   step 1: the grid's boxes, still, at the middle third of the positions
//   each step: RoIAlign at every position -> class logits of the cuboid, offsets of its boxes
//   step 2 also says where the boxes are in the first and the last third: step 3 has them all
//
// Numbers of the public code (NVlabs/STEP, for AVA): positives overlap by 0.2, 0.35, 0.5 in the
// three steps, or are a person's best; loss = classification + 5 regression + anticipation, summed
// over steps; no gradient through proposals. Detection: the last step's sigmoid scores above 0.01
// and its boxes at the key frame, suppressed per class by 0.4, the 300 best. The key frame, T / 2,
// is position P / 2's, so that position j is that of frame T / 2 + 4 (j - P / 2).
//
// The grid for UCF101-24: the paper gives its number, 11, and the public code AVA's 34 only; ours
// is the frame, the middle 3/4 of it, and 3 x 3 of half its sides.
//
// Left out of, or unlike, the published design:
//  - how the paper joins RGB and flow is in no public code: here the maps of two I3Ds lie side by
//    side before RoIAlign and the context;
//  - weights of Kinetics to start from, classification training before detection, Adam and a rate
//    of its own for each part;
//  - overlaps and regression are of all positions, for which UCF101-24 has boxes; the code has AVA's,
//    which are of the middle one;
//  - every proposal is trained, each time; there, at most 5 positives a clip and two negatives for
//    each, at random;
//  - later steps are trained on the very pass before them; there, on one without dropout;
//  - linking into tubes (video-mAP), erasing and photometric distortion.
#ifndef MRSN_MRSN_BASELINES_STEP_STEP_DETECTOR_H_
#define MRSN_MRSN_BASELINES_STEP_STEP_DETECTOR_H_

#include <functional>
#include <memory>
#include <vector>

#include "mrsn/backbone/frozen_norm.h"
#include "mrsn/baselines/step/step_modules.h"
#include "mrsn/detector.h"
#include "ops/base/box.h"

namespace mrsn::baselines {

constexpr int kSteps = 3;

// What is not the backbone: "context" and a StepHead for each step, "step1" to "step3".
struct StepHeads : torch::nn::Module {
  StepHeads(const StepOptions& options, int64_t channels);
  std::shared_ptr<StepContext> context;
  std::vector<std::shared_ptr<StepHead>> steps;
};

// Only ClassLoss::kBce. Clips of T frames, a multiple of 12.
class StepDetector : public FreezableBatchNorm<Detector> {
 public:
  explicit StepDetector(const StepOptions& options);

  LossOutput Loss(const DetectorInput& input, const Truth& truth, ClassLoss loss) override;
  // A row for each proposal that is kept for some class.
  Detections Detect(const DetectorInput& input, ClassLoss loss) override;
  // The steps on proposals that are not refined.
  std::vector<at::Tensor> ForwardForCounting(const DetectorInput& input) override;
  void BackboneForCounting(const Clip& clip) override { backbone_->Forward(clip); }

  ModelNeeds needs() const override { return NeedsOf(options_); }

 private:
  struct Maps {
    at::Tensor features, context;   // [B,C,P,h,w], [B,P,1024]
    int64_t height = 0, width = 0;  // of the frames
  };
  // A step's proposals, at positions from `first` on, and what its head says of them.
  struct Step {
    int number = 0;
    int64_t first = 0, positions = 0;
    std::vector<Box> proposals;  // per_clip for each clip
    StepPredictions predictions;
  };

  Maps MapsOf(const DetectorInput& input);
  StepPredictions Run(const Maps& maps, const Step& step);
  // All steps in turn; `refined`: each from the boxes of the one before.
  void ForEachStep(const DetectorInput& input, bool refined, const std::function<void(const Step&)>& use);

  StepOptions options_;
  std::shared_ptr<StepBackbone> backbone_;
  std::shared_ptr<StepHeads> head_;
  std::vector<Box> grid_;
};

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_STEP_STEP_DETECTOR_H_

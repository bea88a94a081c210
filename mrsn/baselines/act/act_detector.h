// ACT, the action tubelet detector (Kalogeiton et al., ICCV 2017): SSD over T frames at once.
//
//   T frames -> VGG-16 of SSD, the same weights for each -> m maps per frame
//   each level: the T maps side by side -> 3 x 3 convolutions -> per anchor cuboid K + 1 logits
//               and 4 T offsets
//
// Anchor cuboids are SSD's anchors (8732 at 300 x 300) held still over the frames. Numbers of
// the public code (vkalogeiton/caffe, act-detector; Weiliu89's SSD300): matching by mean overlap
// 0.5 and the best anchor of each tubelet, three hard negatives a positive, offsets' variances
// 0.1 and 0.2 (cuboid_loss.h). Detection: softmax, per class the 400 best above 0.01, suppression
// of tubelets that overlap by more than 0.45 on average, the 200 best of all classes, and at the
// key frame, T / 2, suppression of boxes of a class by 0.3.
//
// Left out of the published design:
//  - the second detector, on five stacked flow images, with which scores are averaged;
//  - ImageNet's weights to start from;
//  - a key frame has the boxes of one clip, the one around it; there, of the T clips that show it;
//  - linking into tubes (video-mAP);
//  - SSD's photometric distortion, expansion and sampled crops: data is augmented as for
//    every other detector here;
//  - learning rates of their own: biases twice, the backbone 1 / T of the head's.
#ifndef MRSN_MRSN_BASELINES_ACT_ACT_DETECTOR_H_
#define MRSN_MRSN_BASELINES_ACT_ACT_DETECTOR_H_

#include <memory>
#include <vector>

#include "mrsn/baselines/act/act_config.h"
#include "mrsn/baselines/act/cuboid_loss.h"
#include "mrsn/baselines/act/vgg_ssd.h"
#include "mrsn/detector.h"
#include "ops/base/box.h"

namespace mrsn::baselines {

// The 3 x 3 convolutions over the maps of all frames, a pair for each level.
class CuboidHead : public torch::nn::Module {
 public:
  // `per_cell`: anchors in a cell of each level.
  CuboidHead(const ActOptions& options, const std::vector<int64_t>& channels,
             const std::vector<int>& per_cell);
  // maps [B T, C, side, side], one a level.
  CuboidPredictions Forward(const std::vector<at::Tensor>& maps);

 private:
  ActOptions options_;
  std::vector<torch::nn::Conv2d> scores_, offsets_;
};

// Only ClassLoss::kSoftmax: the background is a class that excludes the others. There is no
// batch norm.
class ActDetector : public Detector {
 public:
  explicit ActDetector(const ActOptions& options);

  LossOutput Loss(const DetectorInput& input, const Truth& truth, ClassLoss loss) override;
  // A row for each anchor cuboid that is kept for some class, in the anchors' order.
  Detections Detect(const DetectorInput& input, ClassLoss loss) override;
  std::vector<at::Tensor> ForwardForCounting(const DetectorInput& input) override;
  void BackboneForCounting(const Clip& clip) override { Maps(clip.slow); }

  ModelNeeds needs() const override { return NeedsOf(options_); }
  void SetBatchNormFrozen(bool) override {}

  // clip.slow [B,3,T,H,W] of any H and W.
  CuboidPredictions Predict(const Clip& clip);
  const std::vector<Box>& anchors() const { return anchors_; }

 private:
  std::vector<at::Tensor> Maps(const at::Tensor& slow);

  ActOptions options_;
  std::shared_ptr<VggSsd> backbone_;
  std::shared_ptr<CuboidHead> head_;
  std::vector<Box> anchors_;
};

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ACT_ACT_DETECTOR_H_

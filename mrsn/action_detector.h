// Clips and person boxes in, action logits per person out.
//
//   backbone -> F [B,C,h,w] (averaged over time) -> RoIAlign -> A [N,C,7,7] -> head -> logits [N,K]
//
// Shapes: B clips, T frames of the slow pathway, N persons over all clips (any
// number, 0 included), C backbone channels, K classes, g width of the relation
// features, M entries of the relation bank over all clips.
#ifndef MRSN_MRSN_ACTION_DETECTOR_H_
#define MRSN_MRSN_ACTION_DETECTOR_H_

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mrsn/backbone/backbone.h"
#include "mrsn/detector.h"
#include "mrsn/head/relation_head.h"
#include "mrsn/precision.h"
#include "mrsn/roi_features.h"

namespace mrsn {

struct DetectorOutput {
  at::Tensor logits;  // [N,K] before the sigmoid
  at::Tensor G;       // [N,g] relation features before the classifier (Eq. 7): what the bank stores
  at::Tensor memory;  // as HeadOutput::memory
};

class ActionDetector : public Detector {
 public:
  // Submodules "backbone" and "head".
  ActionDetector(std::shared_ptr<Backbone> backbone, RoiFeatureOptions roi,
                 std::shared_ptr<RelationHead> head, Precision precision = Precision::kFloat32,
                 double feature_scale = 1);

  // The map, of the backbone or the input's `features`, is multiplied by feature_scale.
  // No persons: empty logits and G, and the backbone is not run, unless batch norms share their batch with
  // other processes (ops/norm_relu/synced_norms.h). Neither is it run if the input has its `features`. Throws
  // c10::Error on shapes that contradict each other. `taps`: where to note intermediates, if anywhere.
  DetectorOutput Forward(const DetectorInput& input, Taps* taps = nullptr);

  LossOutput Loss(const DetectorInput& input, const Truth& truth, ClassLoss loss) override;
  Detections Detect(const DetectorInput& input, ClassLoss loss) override;  // one for each of input.boxes
  std::vector<at::Tensor> ForwardForCounting(const DetectorInput& input) override;
  void BackboneForCounting(const Clip& clip) override { backbone_->Forward(clip); }

  ModelNeeds needs() const override { return NeedsOf(head_->needs(), backbone_->needs()); }
  void SetBatchNormFrozen(bool frozen) override { backbone_->SetBatchNormFrozen(frozen); }

  Backbone& backbone() { return *backbone_; }
  RelationHead& head() { return *head_; }

 private:
  // Without persons. `features` [B,C,h,w]: of the backbone, for the graph; undefined if it has not run.
  DetectorOutput Nobody(const at::Tensor& features) const;

  std::shared_ptr<Backbone> backbone_;
  RoiFeatureOptions roi_;
  std::shared_ptr<RelationHead> head_;
  Precision precision_;
  double feature_scale_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_ACTION_DETECTOR_H_

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
#include "mrsn/relation_head.h"
#include "mrsn/roi_features.h"

namespace mrsn {

struct DetectorInput {
  at::Tensor slow;         // [B,3,T,H,W] normalised RGB
  at::Tensor fast;         // [B,3,alpha T,H,W]; undefined unless the backbone has two pathways
  at::Tensor boxes;        // [N,4] x1,y1,x2,y2 in [0,1] of the frame
  at::Tensor clip_index;   // [N] int64 in [0,B), ascending: the clip of each box
  LongTermWindow bank;     // only read by heads that need a bank
  bool want_taps = false;  // fill DetectorOutput::taps
};

struct DetectorOutput {
  at::Tensor logits;  // [N,K] before the sigmoid
  at::Tensor G;       // [N,g] relation features before the classifier (Eq. 7): what the bank stores
  Taps taps;          // named intermediates in order of computation, if asked for
};

enum class Precision {
  kFloat32,
  kBfloat16,  // LibTorch's autocast: convolutions and products in bfloat16; weights, features F,
              // RoIAlign, norms and results in float32
};

class ActionDetector : public torch::nn::Module {
 public:
  // Submodules "backbone" and "head".
  ActionDetector(std::shared_ptr<Backbone> backbone, RoiFeatureOptions roi,
                 std::shared_ptr<RelationHead> head, Precision precision = Precision::kFloat32);

  // No persons: empty logits and G, and the backbone is not run. Throws
  // c10::Error on shapes that contradict each other.
  DetectorOutput Forward(const DetectorInput& input);

  int64_t num_classes() const { return head_->num_classes(); }
  int64_t relation_width() const { return head_->relation_width(); }  // g
  int64_t bank_width() const { return head_->bank_width(); }          // of the features of `bank`
  bool needs_bank() const { return head_->bank_radius() > 0; }
  int64_t bank_radius() const { return head_->bank_radius(); }  // seconds before and after; 0 without bank

  // Frozen: batch norms use their running statistics in training mode, too, and
  // their scale and shift are not trained (requires_grad off).
  void SetBatchNormFrozen(bool frozen) { backbone_->SetBatchNormFrozen(frozen); }

  Backbone& backbone() { return *backbone_; }
  RelationHead& head() { return *head_; }

 private:
  std::shared_ptr<Backbone> backbone_;
  RoiFeatureOptions roi_;
  std::shared_ptr<RelationHead> head_;
  Precision precision_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_ACTION_DETECTOR_H_

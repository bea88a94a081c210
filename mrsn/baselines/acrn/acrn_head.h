// Actor-centric relation network (Sun et al. 2018, "Actor-Centric Relation Network")
// as mmaction2 has it (acrn_head.py, bbox_head.py and configs/detection/acrn
// in github.com/open-mmlab/mmaction2), which on this backbone is the version with
// published results (AVA v2.1: 27.7 mAP).
//
//   S_n = max over the person's RoI                                       [N,C]
//   R_n = ReLU(BN(conv 1x1 [S_n tiled, F of n's clip]))                   [N,d,h,w]
//   R_n = ReLU(BN(conv 3x3 (R_n))), `layers` times
//   logits = Linear(max over the cells of dropout(R_n))
//
// No convolution has a bias. Where the paper, whose network is an I3D, and mmaction2 may
// differ, mmaction2 is followed. It counts 81 classes, the first never used.
//
// Batch norm takes its statistics over the persons of a batch in training, as there: in
// training mode, clips of a batch do influence each other, in evaluation mode never.
#ifndef MRSN_MRSN_BASELINES_ACRN_ACRN_HEAD_H_
#define MRSN_MRSN_BASELINES_ACRN_ACRN_HEAD_H_

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <vector>

#include "mrsn/baselines/acrn/acrn_config.h"
#include "mrsn/head/relation_head.h"

namespace mrsn::baselines {

// G = max of R_n over the map. Taps: relations (R_n after the last layer), G.
class AcrnHead : public RelationHead {
 public:
  explicit AcrnHead(const AcrnHeadOptions& options);
  HeadOutput Forward(const HeadInput& input, Taps* taps = nullptr) override;
  HeadNeeds needs() const override { return NeedsOf(options_); }
  bool trains_norms() const override { return true; }

 private:
  AcrnHeadOptions options_;
  std::vector<torch::nn::Conv2d> convolutions_;  // the first 1 x 1
  std::vector<torch::nn::BatchNorm2d> norms_;
  torch::nn::Linear classifier_{nullptr};
};

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ACRN_ACRN_HEAD_H_

// SlowFast's own head, the ablation's first row: what is left without relations.
#ifndef MRSN_MRSN_HEAD_LINEAR_HEAD_H_
#define MRSN_MRSN_HEAD_LINEAR_HEAD_H_

#include <torch/nn/modules/linear.h>

#include "mrsn/head/linear_head_config.h"
#include "mrsn/head/relation_head.h"

namespace mrsn {

// G = max over the RoI's cells [N,C]; logits = Linear(dropout(G)).
class LinearHead : public RelationHead {
 public:
  explicit LinearHead(const LinearHeadOptions& options);
  HeadOutput Forward(const HeadInput& input, Taps* taps = nullptr) override;
  HeadNeeds needs() const override { return NeedsOf(options_); }

 private:
  LinearHeadOptions options_;
  torch::nn::Linear classifier_{nullptr};
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_LINEAR_HEAD_H_

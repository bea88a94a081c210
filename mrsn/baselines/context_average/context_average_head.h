// The smallest head that relates a person to its surroundings, and the example of
// CONTRIBUTING.md, "Add a head":
//
//   G = [max over the person's RoI, average over the map of its clip] [N,2C]
//   logits = Linear(dropout(G))
#ifndef MRSN_MRSN_BASELINES_CONTEXT_AVERAGE_CONTEXT_AVERAGE_HEAD_H_
#define MRSN_MRSN_BASELINES_CONTEXT_AVERAGE_CONTEXT_AVERAGE_HEAD_H_

#include <torch/nn/modules/linear.h>

#include "mrsn/baselines/context_average/context_average_config.h"
#include "mrsn/head/relation_head.h"

namespace mrsn::baselines {

// Taps: G.
class ContextAverageHead : public RelationHead {
 public:
  explicit ContextAverageHead(const ContextAverageHeadOptions& options);
  HeadOutput Forward(const HeadInput& input, Taps* taps = nullptr) override;
  HeadNeeds needs() const override { return NeedsOf(options_); }

 private:
  ContextAverageHeadOptions options_;
  torch::nn::Linear classifier_{nullptr};
};

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_CONTEXT_AVERAGE_CONTEXT_AVERAGE_HEAD_H_

#include "mrsn/detector.h"

#include <ATen/ATen.h>

namespace mrsn {

at::Tensor JoinLosses(const std::vector<LossOutput>& groups) {
  TORCH_CHECK(!groups.empty(), "JoinLosses: no groups");
  if (groups.size() == 1) return groups[0].loss;
  std::vector<double> terms;
  for (const LossOutput& group : groups) {
    TORCH_CHECK(group.parts.empty() || terms.empty() || group.parts.size() == terms.size(),
                "JoinLosses: groups of ", terms.size(), " and ", group.parts.size(), " parts");
    if (terms.empty()) terms.resize(group.parts.size(), 0);
    for (size_t i = 0; i < group.parts.size(); ++i) terms[i] += group.parts[i].terms;
  }
  at::Tensor total;
  const auto add = [&](const at::Tensor& loss) { total = total.defined() ? total + loss : loss; };
  for (const LossOutput& group : groups) {
    if (group.parts.empty()) add(group.loss);  // 0, with a graph
    for (size_t i = 0; i < group.parts.size(); ++i) {
      if (terms[i] > 0) add(group.parts[i].mean * (group.parts[i].terms / terms[i]));
    }
  }
  return total.defined() ? total : groups[0].loss;
}

at::Tensor ClassificationLoss(const at::Tensor& logits, const at::Tensor& labels, ClassLoss loss) {
  if (logits.size(0) == 0) return logits.sum();
  switch (loss) {
    case ClassLoss::kBce:
      return at::binary_cross_entropy_with_logits(logits, labels);
    case ClassLoss::kSoftmax:
      return at::cross_entropy_loss(logits, labels);
  }
  TORCH_CHECK(false, "unknown loss");
}

at::Tensor ScoresOf(const at::Tensor& logits, ClassLoss loss) {
  return loss == ClassLoss::kSoftmax ? logits.softmax(1) : logits.sigmoid();
}

}  // namespace mrsn

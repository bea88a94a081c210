#include "mrsn/detector.h"

#include <ATen/ATen.h>

namespace mrsn {

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

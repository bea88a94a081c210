#include "mrsn/detector.h"

#include <ATen/ATen.h>

namespace mrsn {

ModelNeeds Detector::needs() const {
  ModelNeeds needs;
  needs.classes = num_classes();
  needs.relation_width = relation_width();
  needs.objects = reads_objects();
  if (needs_bank()) needs.bank = {bank_radius(), bank_width(), keeps_memory()};
  needs.alpha = alpha();
  needs.flow = reads_flow();
  needs.boxes = takes_boxes();
  needs.tubelets = needs_tubelets();
  return needs;
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

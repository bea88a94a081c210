#include "mrsn/action_detector.h"

#include <ATen/ATen.h>

namespace mrsn {

ActionDetector::ActionDetector(std::shared_ptr<Backbone> backbone, RoiFeatureOptions roi,
                               std::shared_ptr<RelationHead> head)
    : backbone_(register_module("backbone", std::move(backbone))),
      roi_(roi),
      head_(register_module("head", std::move(head))) {}

DetectorOutput ActionDetector::Forward(const DetectorInput& input) {
  TORCH_CHECK(input.slow.dim() == 5 && input.slow.size(1) == 3, "slow: expected [B,3,T,H,W], got ",
              input.slow.sizes());
  TORCH_CHECK(input.boxes.dim() == 2 && input.boxes.size(1) == 4, "boxes: expected [N,4], got ",
              input.boxes.sizes());
  const int64_t persons = input.boxes.size(0);
  TORCH_CHECK(input.clip_index.dim() == 1 && input.clip_index.size(0) == persons &&
                  input.clip_index.scalar_type() == at::kLong,
              "clip_index: expected [", persons, "] int64, got ", input.clip_index.sizes(), " ",
              input.clip_index.scalar_type());
  DetectorOutput output;
  if (persons == 0) {
    // Views of a weight, so that a training step over no persons has a graph to
    // go back through (and gradients of 0) like any other.
    const at::Tensor none = head_->parameters().front().flatten().slice(0, 0, 0);
    output.logits = none.reshape({0, num_classes()});
    output.G = none.reshape({0, relation_width()});
    return output;
  }

  HeadInput head;
  head.features = backbone_->Forward(input.slow, input.fast);  // [B,C,h,w]
  const FrameSize frame = {input.slow.size(3), input.slow.size(4)};
  head.roi_align = [&](const at::Tensor& map) {
    return RoiFeatures(map, input.boxes, input.clip_index, frame, backbone_->stride(), roi_);
  };
  head.actors = head.roi_align(head.features);
  head.boxes = input.boxes;
  head.clip_index = input.clip_index;
  head.bank = input.bank;
  if (input.want_taps) {
    head.taps = &output.taps;
    output.taps.emplace_back("F", head.features);
    output.taps.emplace_back("A", head.actors);
  }
  HeadOutput result = head_->Forward(head);
  output.logits = std::move(result.logits);
  output.G = std::move(result.G);
  return output;
}

}  // namespace mrsn

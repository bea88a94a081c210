#include "mrsn/action_detector.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

#include <optional>

#include "ops/memory/cpu_block_cache.h"
#include "ops/norm_relu/synced_norms.h"

namespace mrsn {

namespace {

// Autocast to bfloat16 on one kind of device for as long as it lives.
class Autocast {
 public:
  explicit Autocast(at::DeviceType device)
      : device_(device),
        was_enabled_(at::autocast::is_autocast_enabled(device)),
        was_type_(at::autocast::get_autocast_dtype(device)) {
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, was_enabled_);
    at::autocast::set_autocast_dtype(device_, was_type_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  at::DeviceType device_;
  bool was_enabled_;
  at::ScalarType was_type_;
};

}  // namespace

ActionDetector::ActionDetector(std::shared_ptr<Backbone> backbone, RoiFeatureOptions roi,
                               std::shared_ptr<RelationHead> head, Precision precision, double feature_scale)
    : backbone_(register_module("backbone", std::move(backbone))),
      roi_(roi),
      head_(register_module("head", std::move(head))),
      precision_(precision),
      feature_scale_(feature_scale) {}

DetectorOutput ActionDetector::Forward(const DetectorInput& input, Taps* taps) {
  TORCH_CHECK(input.slow.dim() == 5 && input.slow.size(1) == 3, "slow: expected [B,3,T,H,W], got ",
              input.slow.sizes());
  TORCH_CHECK(input.boxes.dim() == 2 && input.boxes.size(1) == 4, "boxes: expected [N,4], got ",
              input.boxes.sizes());
  const int64_t persons = input.boxes.size(0);
  TORCH_CHECK(input.clip_index.dim() == 1 && input.clip_index.size(0) == persons &&
                  input.clip_index.scalar_type() == at::kLong,
              "clip_index: expected [", persons, "] int64, got ", input.clip_index.sizes(), " ",
              input.clip_index.scalar_type());
  // Other processes may wait for the norms of this one.
  const bool shares_norms = is_training() && at::GradMode::is_enabled() && ops::SyncedNormsScope::Ranks();
  if (persons == 0 && !shares_norms) return Nobody({});

  const ops::CpuBlockCache::Scope reuse_memory;
  std::optional<Autocast> autocast;
  const at::DeviceType device = input.slow.device().type();
  if (precision_ == Precision::kBfloat16 && at::autocast::is_autocast_available(device)) {
    autocast.emplace(device);  // not for the meta device, which counts
  }

  HeadInput head;
  static_cast<DetectorInput&>(head) = input;
  const at::ScalarType type = input.slow.scalar_type();
  if (input.features.defined()) {
    TORCH_CHECK(input.features.dim() == 4 && input.features.size(0) == input.slow.size(0),
                "features: expected [", input.slow.size(0), ",C,h,w], got ", input.features.sizes());
    head.features = input.features.to(type);  // [B,C,h,w]
  } else {
    head.features = backbone_->Forward(input, taps).to(type);  // [B,C,h,w]
  }
  if (feature_scale_ != 1) head.features = head.features * feature_scale_;
  if (persons == 0 && !head_->trains_norms()) return Nobody(head.features);
  const FrameSize frame = {input.slow.size(3), input.slow.size(4)};
  head.roi_align = [&](const at::Tensor& map) {
    return RoiFeatures(map.to(type), input.boxes, input.clip_index, frame, backbone_->stride(), roi_);
  };
  head.actors = head.roi_align(head.features);
  if (head_->needs().objects && input.object_boxes.defined()) {
    TORCH_CHECK(input.object_boxes.dim() == 2 && input.object_boxes.size(1) == 4 &&
                    input.object_clip_index.dim() == 1 &&
                    input.object_clip_index.size(0) == input.object_boxes.size(0),
                "object_boxes: expected [O,4] and object_clip_index [O], got ", input.object_boxes.sizes(),
                " and ", input.object_clip_index.sizes());
    head.objects = RoiFeatures(head.features, input.object_boxes, input.object_clip_index, frame,
                               backbone_->stride(), roi_);
  }
  Note(taps, "F", head.features);
  Note(taps, "A", head.actors);
  HeadOutput result = head_->Forward(head, taps);
  DetectorOutput output;
  output.logits = result.logits.to(type);
  output.G = result.G.to(type);
  output.memory = result.memory;
  return output;
}

DetectorOutput ActionDetector::Nobody(const at::Tensor& features) const {
  // Views of a weight, so that a training step over no persons has a graph to go back through (and gradients
  // of 0) like any other.
  at::Tensor none = head_->parameters().front().flatten().slice(0, 0, 0);
  if (features.defined()) none = none + features.flatten().slice(0, 0, 0);
  const HeadNeeds needs = head_->needs();
  DetectorOutput output;
  output.logits = none.reshape({0, needs.classes});
  output.G = none.reshape({0, needs.relation_width});
  if (needs.bank && needs.bank->own_memory) output.memory = none.detach().reshape({0, needs.bank->width});
  return output;
}

LossOutput ActionDetector::Loss(const DetectorInput& input, const Truth& truth, ClassLoss loss) {
  const DetectorOutput output = Forward(input);
  const at::Tensor mean = ClassificationLoss(output.logits, truth.labels, loss);
  LossOutput result = {mean, output.memory, {}};
  const int64_t persons = output.logits.size(0);
  if (persons > 0) result.parts = {{mean, static_cast<double>(persons)}};
  return result;
}

Detections ActionDetector::Detect(const DetectorInput& input, ClassLoss loss) {
  const DetectorOutput output = Forward(input);
  return {input.boxes, input.clip_index, ScoresOf(output.logits.to(at::kFloat), loss),
          output.G.to(at::kFloat), output.memory};
}

std::vector<at::Tensor> ActionDetector::ForwardForCounting(const DetectorInput& input) {
  const DetectorOutput output = Forward(input);
  return {output.logits, output.G};
}

}  // namespace mrsn

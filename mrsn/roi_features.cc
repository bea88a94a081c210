#include "mrsn/roi_features.h"

#include <ATen/ATen.h>

#include <tuple>

#include "ops/device/constants.h"
#include "ops/roi_align/roi_align.h"

namespace mrsn {

at::Tensor RoiFeatures(const at::Tensor& features, const at::Tensor& boxes, const at::Tensor& clip_index,
                       FrameSize frame, int64_t stride, const RoiFeatureOptions& options) {
  const bool by_map = options.scale == RoiScale::kMapSize;
  const auto width = static_cast<double>(by_map ? features.size(3) * stride : frame.width);
  const auto height = static_cast<double>(by_map ? features.size(2) * stride : frame.height);
  const auto make = [&] { return at::tensor({width, height, width, height}, at::kDouble); };
  const at::Tensor scale = boxes.is_cpu() ? make().to(boxes.scalar_type())
                                          : Constant("box scale", {width, height}, boxes.options(), make);
  const at::Tensor pixels = boxes * scale;
  ops::RoiAlignOptions roi;
  roi.output_height = roi.output_width = options.output_size;
  roi.spatial_scale = 1.0 / static_cast<double>(stride);
  roi.sampling_ratio = options.sampling_ratio;
  roi.aligned = options.aligned;
  return ops::RoiAlign(features, pixels, clip_index, roi);
}

// Not amax: where a channel is 0 all over the box (it often is), amax would share
// the gradient between all cells; max, like a max-pooling layer, gives it to one.
at::Tensor MaxPoolRoi(const at::Tensor& actors) { return std::get<0>(actors.flatten(2).max(2)); }

at::Tensor AveragePoolRoi(const at::Tensor& actors) { return actors.mean({2, 3}); }

}  // namespace mrsn

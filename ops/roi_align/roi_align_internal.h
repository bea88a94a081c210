// Checks and types shared by the CPU and CUDA kernels of RoIAlign.
#ifndef MRSN_OPS_ROI_ALIGN_ROI_ALIGN_INTERNAL_H_
#define MRSN_OPS_ROI_ALIGN_ROI_ALIGN_INTERNAL_H_

#include <cstdint>
#include <limits>

#include "ATen/ATen.h"

namespace mrsn::ops::roi_align {

// Coordinates and sums are in double for double features, else in float.
template <typename Scalar>
struct ComputeTypeOf {
  using type = float;
};
template <>
struct ComputeTypeOf<double> {
  using type = double;
};
template <typename Scalar>
using ComputeType = typename ComputeTypeOf<Scalar>::type;

inline at::ScalarType ComputeScalarType(at::ScalarType features) {
  return features == at::kDouble ? at::kDouble : at::kFloat;
}

// `features` and `boxes` are [B,C,H,W] and [N,4] in the forward direction, [N,C,h,w] and [N,4] backward.
inline void CheckBoxes(const at::Tensor& values, const at::Tensor& boxes, const at::Tensor& clip_index) {
  const at::ScalarType type = values.scalar_type();
  TORCH_CHECK(type == at::kFloat || type == at::kDouble || type == at::kBFloat16, "roi_align: features are ",
              type, ", expected float32, float64 or bfloat16");
  TORCH_CHECK(boxes.dim() == 2 && boxes.size(1) == 4, "roi_align: boxes have shape ", boxes.sizes(),
              ", expected [N,4] (x1,y1,x2,y2 in pixels)");
  TORCH_CHECK(at::isFloatingType(boxes.scalar_type()), "roi_align: boxes are ", boxes.scalar_type(),
              ", expected a floating type");
  TORCH_CHECK(clip_index.dim() == 1 && clip_index.size(0) == boxes.size(0),
              "roi_align: clip_index has shape ", clip_index.sizes(), ", expected [", boxes.size(0),
              "], one for each box");
  TORCH_CHECK(clip_index.scalar_type() == at::kLong, "roi_align: clip_index is ", clip_index.scalar_type(),
              ", expected int64");
  TORCH_CHECK(boxes.device() == values.device() && clip_index.device() == values.device(),
              "roi_align: features are on ", values.device(), ", boxes on ", boxes.device(),
              " and clip_index on ", clip_index.device(), ", expected one device");
}

inline void CheckOptions(int64_t output_height, int64_t output_width, double spatial_scale,
                         int64_t sampling_ratio) {
  TORCH_CHECK(output_height > 0 && output_width > 0 && output_height <= 4096 && output_width <= 4096,
              "roi_align: output is ", output_height, "x", output_width, ", expected 1..4096 each");
  // NaN fails the first comparison.
  TORCH_CHECK(spatial_scale > 0 && spatial_scale <= std::numeric_limits<float>::max(),
              "roi_align: spatial_scale is ", spatial_scale, ", expected a positive number");
  TORCH_CHECK(sampling_ratio <= 4096, "roi_align: sampling_ratio is ", sampling_ratio,
              ", expected at most 4096");
}

inline void CheckForward(const at::Tensor& features, const at::Tensor& boxes, const at::Tensor& clip_index,
                         int64_t output_height, int64_t output_width, double spatial_scale,
                         int64_t sampling_ratio) {
  TORCH_CHECK(features.dim() == 4, "roi_align: features have shape ", features.sizes(),
              ", expected [B,C,H,W]");
  TORCH_CHECK(features.size(2) > 0 && features.size(3) > 0, "roi_align: features have shape ",
              features.sizes(), ", expected H and W above 0");
  TORCH_CHECK(features.size(2) < (1 << 24) && features.size(3) < (1 << 24), "roi_align: features have shape ",
              features.sizes(), ", expected H and W below 2^24");
  CheckBoxes(features, boxes, clip_index);
  CheckOptions(output_height, output_width, spatial_scale, sampling_ratio);
}

inline void CheckBackward(const at::Tensor& grad, const at::Tensor& boxes, const at::Tensor& clip_index,
                          at::IntArrayRef feature_size, double spatial_scale, int64_t sampling_ratio) {
  CheckBoxes(grad, boxes, clip_index);
  TORCH_CHECK(feature_size.size() == 4 && grad.dim() == 4 && grad.size(0) == boxes.size(0) &&
                  grad.size(1) == feature_size[1] && feature_size[2] > 0 && feature_size[3] > 0,
              "roi_align_backward: a gradient of shape ", grad.sizes(), " for ", boxes.size(0),
              " boxes does not fit features of shape ", feature_size);
  CheckOptions(grad.size(2), grad.size(3), spatial_scale, sampling_ratio);
}

inline at::MemoryFormat Layout(bool channels_last) {
  return channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

}  // namespace mrsn::ops::roi_align

#endif  // MRSN_OPS_ROI_ALIGN_ROI_ALIGN_INTERNAL_H_

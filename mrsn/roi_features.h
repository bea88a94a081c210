// Features of each person's box (Sec. 3: "RoI features A^n in R^{C x 7 x 7}").
#ifndef MRSN_MRSN_ROI_FEATURES_H_
#define MRSN_MRSN_ROI_FEATURES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "mrsn/roi_options.h"

namespace mrsn {

// features   F [B,C,h,w]
// boxes      [N,4] x1,y1,x2,y2 in [0,1] of the frame
// clip_index [N] int64 in [0,B)
// frame      size of the frames F was computed from, in pixels
// stride     pixels of the frame per cell of F (Backbone::stride(); 16)
// Returns A [N,C,output_size,output_size] by RoIAlign. For frames whose sides are
// multiples of the stride both scales are the same; others are rounded up (341 pixels
// -> 22 cells), and only kStride keeps boxes where the pixels are.
struct FrameSize {
  int64_t height = 0, width = 0;
};
at::Tensor RoiFeatures(const at::Tensor& features, const at::Tensor& boxes, const at::Tensor& clip_index,
                       FrameSize frame, int64_t stride, const RoiFeatureOptions& options);

at::Tensor MaxPoolRoi(const at::Tensor& actors);      // [N,C,a,b] -> [N,C]
at::Tensor AveragePoolRoi(const at::Tensor& actors);  // [N,C,a,b] -> [N,C]

}  // namespace mrsn

#endif  // MRSN_MRSN_ROI_FEATURES_H_

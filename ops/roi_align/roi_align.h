// RoIAlign: features of a box, pooled to a fixed grid by bilinear sampling.
//
// He et al., "Mask R-CNN", sec. 3; the arithmetic is torchvision.ops.roi_align's,
// value for value, including what it does at and beyond the map's border:
//
//   start = box_min * spatial_scale - (aligned ? 0.5 : 0)         [cells of the map]
//   size  = (box_max - box_min) * spatial_scale                   (aligned off: at least 1)
//   bin   = size / output_size
//   grid  = sampling_ratio > 0 ? sampling_ratio : ceil(bin)       (samples per bin and axis)
//   out[n,c,i,j] = mean over the grid_y x grid_x samples of bin (i, j) of
//                  bilinear(features[clip_index[n], c], y, x),
//   y = start_y + i bin_y + (k + 1/2) bin_y / grid_y, x alike.
//   A sample is 0 if y < -1, y > H, x < -1 or x > W; else it is clamped to the map.
//
// A sample's bilinear weight is a product of one in y and one in x, and so is the
// mean: out = Wy F Wx^T. All kernels, CPU and CUDA, work from those two small
// matrices (roi_align_geometry.h), forward and backward, without atomics: results
// do not depend on the number of threads.
//
// Example:
//   at::Tensor pooled = RoiAlign(features, boxes, clip_index, {});  // [N,C,7,7]
#ifndef MRSN_OPS_ROI_ALIGN_ROI_ALIGN_H_
#define MRSN_OPS_ROI_ALIGN_ROI_ALIGN_H_

#include <cstdint>

#include "ATen/core/Tensor.h"

namespace mrsn::ops {

struct RoiAlignOptions {
  int64_t output_height = 7;
  int64_t output_width = 7;
  // Cells of the map per pixel of the input frame.
  double spatial_scale = 1.0 / 16;
  // Samples per bin and axis; 0 (or less) takes as many as the bin spans cells. At most 4096.
  int64_t sampling_ratio = 0;
  // Shift by half a cell, so that pixel centres and cell centres correspond.
  bool aligned = true;
};

// features    [B,C,H,W] float32, float64 or bfloat16; any strides, contiguous and
//             channels_last are fast; H, W > 0
// boxes       [N,4] x1,y1,x2,y2 in pixels of the input frame; any floating type
// clip_index  [N] int64, the clip each box lies in, in [0,B)
// returns     [N,C,output_height,output_width], features' type; channels_last if features are.
//
// Box coordinates take the type in which sums are made: float64 for float64 features,
// else float32. Gradients (first and second order) flow to features only.
//
// Boxes torchvision has no answer for:
//  - a coordinate that is NaN or infinite, or overflows that type: output 0, gradient 0;
//  - x2 < x1 or y2 < y1 with aligned and sampling_ratio 0: the box has no samples, output 0
//    (torchvision: the same if both are inverted, an exception if one is). With a fixed
//    sampling_ratio the pooled grid is mirrored and with aligned off the size is clamped
//    to 1 cell, both as in torchvision;
//  - a bin of more than 4096 cells takes 4096 samples per axis, so that no box is expensive.
//
// Throws c10::Error for wrong ranks, sizes, types, devices, or a clip index out of range
// (on CUDA that is a device-side assertion), and c10::NotImplementedError for CUDA tensors
// in a program built without --config=cuda.
//
// Also registered with the dispatcher as mrsn::roi_align (CPU, CUDA, Meta, Autograd).
at::Tensor RoiAlign(const at::Tensor& features, const at::Tensor& boxes, const at::Tensor& clip_index,
                    const RoiAlignOptions& options);

}  // namespace mrsn::ops

#endif  // MRSN_OPS_ROI_ALIGN_ROI_ALIGN_H_

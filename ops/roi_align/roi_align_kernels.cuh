// The CUDA kernels of RoIAlign; roi_align_cuda.cu launches them, a test runs them on the CPU.
//
//   WeightsKernel   one thread per box, axis and bin: the rows of Wy and Wx
//   ForwardKernel   one thread per output value
//   BackwardKernel  one thread per cell of the feature gradient, which it gathers from
//                   the boxes of its clip: no atomics, so the same sum every time. It looks
//                   at all N boxes; N is at most a few hundred here, and reads are broadcast.
//
// Every loop is a grid-stride loop, so any launch size computes everything.
#ifndef MRSN_OPS_ROI_ALIGN_ROI_ALIGN_KERNELS_CUH_
#define MRSN_OPS_ROI_ALIGN_ROI_ALIGN_KERNELS_CUH_

#include <cstdint>

#include "c10/macros/Macros.h"
#include "ops/roi_align/roi_align_geometry.h"
#include "ops/roi_align/roi_align_internal.h"

namespace mrsn::ops::roi_align {

// A [d0, d1, d2, d3] tensor that is contiguous or channels_last. Threads are numbered in
// memory order, so that neighbours read and write neighbouring addresses.
struct Layout4 {
  int64_t d1, d2, d3;
  bool channels_last;

  struct Index {
    int64_t i0, i1, i2, i3;
  };

  MRSN_HOST_DEVICE Index Decode(int64_t flat) const {
    if (channels_last) {  // flat = ((i0 d2 + i2) d3 + i3) d1 + i1
      return {flat / (d1 * d3 * d2), flat % d1, flat / (d1 * d3) % d2, flat / d1 % d3};
    }
    return {flat / (d3 * d2 * d1), flat / (d3 * d2) % d1, flat / d3 % d2,
            flat % d3};  // ((i0 d1 + i1) d2 + i2) d3 + i3
  }

  MRSN_HOST_DEVICE int64_t Offset(int64_t i0, int64_t i1, int64_t i2, int64_t i3) const {
    return channels_last ? ((i0 * d2 + i2) * d3 + i3) * d1 + i1 : ((i0 * d1 + i1) * d2 + i2) * d3 + i3;
  }
};

// wy [boxes, output_height, height], wx [boxes, output_width, width] and where they are not 0.
template <typename T>
struct DeviceWeights {
  T* wy;
  T* wx;
  Span* span_y;  // [boxes, output_height]
  Span* span_x;  // [boxes, output_width]
};

template <typename T>
__global__ void WeightsKernel(int64_t boxes, int output_height, int output_width, int height, int width,
                              const T* coordinates, T spatial_scale, int sampling_ratio, bool aligned,
                              DeviceWeights<T> weights) {
  const int bins = output_height + output_width;
  for (int64_t flat = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; flat < boxes * bins;
       flat += int64_t{blockDim.x} * gridDim.x) {
    const int64_t n = flat / bins;
    const int bin = static_cast<int>(flat % bins);  // first those in y, then those in x
    const T* box = coordinates + n * 4;
    if (bin < output_height) {
      const int64_t row = n * output_height + bin;
      weights.span_y[row] =
          BinWeights(MakeAxis(box[1], box[3], spatial_scale, output_height, sampling_ratio, aligned), bin,
                     height, weights.wy + row * height);
    } else {
      const int64_t row = n * output_width + bin - output_height;
      weights.span_x[row] =
          BinWeights(MakeAxis(box[0], box[2], spatial_scale, output_width, sampling_ratio, aligned),
                     bin - output_height, width, weights.wx + row * width);
    }
  }
}

template <typename Scalar, typename T>
__global__ void ForwardKernel(int64_t count, int64_t clips, Layout4 features_layout, Layout4 output_layout,
                              const Scalar* features, const int64_t* clip_index, DeviceWeights<T> weights,
                              Scalar* output) {
  const int64_t output_height = output_layout.d2, output_width = output_layout.d3;
  const int64_t height = features_layout.d2, width = features_layout.d3;
  for (int64_t flat = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; flat < count;
       flat += int64_t{blockDim.x} * gridDim.x) {
    const auto [n, c, i, j] = output_layout.Decode(flat);
    const int64_t clip = clip_index[n];
    CUDA_KERNEL_ASSERT(clip >= 0 && clip < clips && "roi_align: clip_index out of range");
    const int64_t row = n * output_height + i, column = n * output_width + j;
    const Span span_y = weights.span_y[row], span_x = weights.span_x[column];
    const T* wy = weights.wy + row * height;
    const T* wx = weights.wx + column * width;
    T sum = 0;
    for (int y = span_y.begin; y < span_y.end; ++y) {
      T line = 0;
      for (int x = span_x.begin; x < span_x.end; ++x) {
        line += wx[x] * static_cast<T>(features[features_layout.Offset(clip, c, y, x)]);
      }
      sum += wy[y] * line;
    }
    output[flat] = static_cast<Scalar>(sum);
  }
}

// Overwrites grad_features.
template <typename Scalar, typename T>
__global__ void BackwardKernel(int64_t count, int64_t boxes, Layout4 features_layout, Layout4 grad_layout,
                               const Scalar* grad, const int64_t* clip_index, DeviceWeights<T> weights,
                               Scalar* grad_features) {
  const int64_t output_height = grad_layout.d2, output_width = grad_layout.d3;
  const int64_t height = features_layout.d2, width = features_layout.d3;
  for (int64_t flat = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; flat < count;
       flat += int64_t{blockDim.x} * gridDim.x) {
    const auto [clip, c, y, x] = features_layout.Decode(flat);
    T sum = 0;
    for (int64_t n = 0; n < boxes; ++n) {
      if (clip_index[n] != clip) continue;
      for (int64_t i = 0; i < output_height; ++i) {
        const int64_t row = n * output_height + i;
        if (y < weights.span_y[row].begin || y >= weights.span_y[row].end) continue;
        T line = 0;
        for (int64_t j = 0; j < output_width; ++j) {
          const int64_t column = n * output_width + j;
          if (x < weights.span_x[column].begin || x >= weights.span_x[column].end) continue;
          line += weights.wx[column * width + x] * static_cast<T>(grad[grad_layout.Offset(n, c, i, j)]);
        }
        sum += weights.wy[row * height + y] * line;
      }
    }
    grad_features[flat] = static_cast<Scalar>(sum);
  }
}

}  // namespace mrsn::ops::roi_align

#endif  // MRSN_OPS_ROI_ALIGN_ROI_ALIGN_KERNELS_CUH_

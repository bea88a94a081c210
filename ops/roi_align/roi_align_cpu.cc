// RoIAlign on the CPU.
//
// Both directions work on blocks of kLanes channels, which are copied to a small
// map with the channels innermost; so one loop serves every layout and type, the
// innermost loop is a full vector whatever the map's width, and a thread owns the
// channels it writes: no atomics, and the result does not depend on the threads.
//
//   forward:  per box and output row   column[x] = sum_y wy[y] map[y][x]
//                                      out[j]    = sum_x wx[j][x] column[x]
//   backward: the same loops transposed.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "ATen/ATen.h"
#include "ATen/Dispatch.h"
#include "ops/cpu/instruction_set.h"
#include "ops/parallel/parallel_for.h"
#include "ops/roi_align/channel_lanes.h"
#include "ops/roi_align/roi_align_internal.h"
#include "ops/roi_align/weight_table.h"
#include "torch/library.h"

namespace mrsn::ops::roi_align {
namespace {

// The arithmetic loops exist twice in the program, with and without AVX2 and FMA.

// map [height, width, kLanes] -> tile [bins, kLanes]; column is scratch [width, kLanes].
template <typename T>
MRSN_ALWAYS_INLINE void PoolBody(const Sizes& sizes, const BoxWeights<T>& box, const T* map, T* column,
                                 T* tile) {
  for (int64_t i = 0; i < sizes.output_height; ++i) {
    const Span rows = box.span_y[i];
    const T* wy = box.wy + i * sizes.height;
    for (int64_t x = box.columns.begin; x < box.columns.end; ++x) {
      T sum[kLanes] = {};
      for (int64_t y = rows.begin; y < rows.end; ++y) {
        const T* cell = map + (y * sizes.width + x) * kLanes;
        for (int64_t lane = 0; lane < kLanes; ++lane) sum[lane] += wy[y] * cell[lane];
      }
      for (int64_t lane = 0; lane < kLanes; ++lane) column[x * kLanes + lane] = sum[lane];
    }
    for (int64_t j = 0; j < sizes.output_width; ++j, tile += kLanes) {
      const T* wx = box.wx + j * sizes.width;
      T sum[kLanes] = {};
      for (int64_t x = box.span_x[j].begin; x < box.span_x[j].end; ++x) {
        for (int64_t lane = 0; lane < kLanes; ++lane) sum[lane] += wx[x] * column[x * kLanes + lane];
      }
      for (int64_t lane = 0; lane < kLanes; ++lane) tile[lane] = sum[lane];
    }
  }
}

// Adds the gradient of one box, tile [bins, kLanes], to map [height, width, kLanes].
template <typename T>
MRSN_ALWAYS_INLINE void SpreadBody(const Sizes& sizes, const BoxWeights<T>& box, const T* tile, T* column,
                                   T* map) {
  for (int64_t i = 0; i < sizes.output_height; ++i, tile += sizes.output_width * kLanes) {
    const Span rows = box.span_y[i];
    if (rows.begin == rows.end) continue;
    const T* wy = box.wy + i * sizes.height;
    std::fill(column + box.columns.begin * kLanes, column + box.columns.end * kLanes, T(0));
    for (int64_t j = 0; j < sizes.output_width; ++j) {
      const T* wx = box.wx + j * sizes.width;
      for (int64_t x = box.span_x[j].begin; x < box.span_x[j].end; ++x) {
        for (int64_t lane = 0; lane < kLanes; ++lane) {
          column[x * kLanes + lane] += wx[x] * tile[j * kLanes + lane];
        }
      }
    }
    for (int64_t y = rows.begin; y < rows.end; ++y) {
      T* row = map + y * sizes.width * kLanes;
      for (int64_t k = box.columns.begin * kLanes; k < box.columns.end * kLanes; k += kLanes) {
        for (int64_t lane = 0; lane < kLanes; ++lane) row[k + lane] += wy[y] * column[k + lane];
      }
    }
  }
}

#ifdef MRSN_X86_TARGETS
template <typename T>
MRSN_TARGET_AVX2 void PoolAvx2(const Sizes& sizes, const BoxWeights<T>& box, const T* map, T* column,
                               T* tile) {
  PoolBody(sizes, box, map, column, tile);
}
template <typename T>
MRSN_TARGET_AVX2 void SpreadAvx2(const Sizes& sizes, const BoxWeights<T>& box, const T* tile, T* column,
                                 T* map) {
  SpreadBody(sizes, box, tile, column, map);
}
#endif

template <typename T>
void Pool(const Sizes& sizes, const BoxWeights<T>& box, const T* map, T* column, T* tile) {
#ifdef MRSN_X86_TARGETS
  if (Runs(InstructionSet::kAvx2)) return PoolAvx2(sizes, box, map, column, tile);
#endif
  PoolBody(sizes, box, map, column, tile);
}

template <typename T>
void Spread(const Sizes& sizes, const BoxWeights<T>& box, const T* tile, T* column, T* map) {
#ifdef MRSN_X86_TARGETS
  if (Runs(InstructionSet::kAvx2)) return SpreadAvx2(sizes, box, tile, column, map);
#endif
  SpreadBody(sizes, box, tile, column, map);
}

// boxes_of[b] = numbers of the boxes in clip b, in order.
std::vector<std::vector<int64_t>> BoxesByClip(const at::Tensor& clip_index, int64_t clips) {
  std::vector<std::vector<int64_t>> boxes_of(clips);
  const int64_t* index = clip_index.const_data_ptr<int64_t>();
  for (int64_t n = 0; n < clip_index.size(0); ++n) {
    TORCH_CHECK(index[n] >= 0 && index[n] < clips, "roi_align: clip_index[", n, "] is ", index[n],
                ", expected 0..", clips - 1, " for ", clips, " clips");
    boxes_of[index[n]].push_back(n);
  }
  return boxes_of;
}

// All rows of the map that these boxes use.
template <typename T>
Span RowsOf(const WeightTable<T>& weights, const std::vector<int64_t>& boxes) {
  Span all = {0, 0};
  for (const int64_t n : boxes) {
    const Span rows = weights.Rows(n);
    if (rows.begin == rows.end) continue;
    all.begin = all.end == 0 ? rows.begin : std::min(all.begin, rows.begin);
    all.end = std::max(all.end, rows.end);
  }
  return all;
}

template <typename Scalar>
void ForwardKernel(const Sizes& sizes, const at::Tensor& features, const at::Tensor& boxes,
                   const std::vector<std::vector<int64_t>>& boxes_of, bool channels_last,
                   double spatial_scale, int64_t sampling_ratio, bool aligned, const at::Tensor& output) {
  using T = ComputeType<Scalar>;
  const WeightTable<T> weights(sizes, boxes, spatial_scale, sampling_ratio, aligned);
  const Scalar* features_data = features.const_data_ptr<Scalar>();
  Scalar* output_data = output.mutable_data_ptr<Scalar>();
  const int64_t blocks = (sizes.channels + kLanes - 1) / kLanes;
  ParallelFor(0, sizes.clips * blocks, 1, [&](int64_t begin, int64_t end) {
    std::vector<T> map(sizes.cells() * kLanes), column(sizes.width * kLanes), tile(sizes.bins() * kLanes);
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t clip = unit / blocks, block = unit % blocks;
      const Span rows = RowsOf(weights, boxes_of[clip]);
      Gather<T, Scalar>(BlockOf(features_data, channels_last, clip, sizes.channels, sizes.cells(), block),
                        rows.begin * sizes.width, rows.end * sizes.width, map.data());
      for (const int64_t n : boxes_of[clip]) {
        Pool(sizes, weights[n], map.data(), column.data(), tile.data());
        Scatter<T, Scalar>(tile.data(), 0, sizes.bins(),
                           BlockOf(output_data, channels_last, n, sizes.channels, sizes.bins(), block));
      }
    }
  });
}

template <typename Scalar>
void BackwardKernel(const Sizes& sizes, const at::Tensor& grad, const at::Tensor& boxes,
                    const std::vector<std::vector<int64_t>>& boxes_of, bool grad_channels_last,
                    bool channels_last, double spatial_scale, int64_t sampling_ratio, bool aligned,
                    const at::Tensor& grad_features) {
  using T = ComputeType<Scalar>;
  const WeightTable<T> weights(sizes, boxes, spatial_scale, sampling_ratio, aligned);
  const Scalar* grad_data = grad.const_data_ptr<Scalar>();
  Scalar* features_data = grad_features.mutable_data_ptr<Scalar>();
  const int64_t blocks = (sizes.channels + kLanes - 1) / kLanes;
  ParallelFor(0, sizes.clips * blocks, 1, [&](int64_t begin, int64_t end) {
    std::vector<T> map(sizes.cells() * kLanes), column(sizes.width * kLanes), tile(sizes.bins() * kLanes);
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t clip = unit / blocks, block = unit % blocks;
      std::fill(map.begin(), map.end(), T(0));
      for (const int64_t n : boxes_of[clip]) {
        Gather<T, Scalar>(BlockOf(grad_data, grad_channels_last, n, sizes.channels, sizes.bins(), block), 0,
                          sizes.bins(), tile.data());
        Spread(sizes, weights[n], tile.data(), column.data(), map.data());
      }
      Scatter<T, Scalar>(map.data(), 0, sizes.cells(),
                         BlockOf(features_data, channels_last, clip, sizes.channels, sizes.cells(), block));
    }
  });
}

at::Tensor ForwardCpu(const at::Tensor& features, const at::Tensor& boxes, const at::Tensor& clip_index,
                      int64_t output_height, int64_t output_width, double spatial_scale,
                      int64_t sampling_ratio, bool aligned) {
  CheckForward(features, boxes, clip_index, output_height, output_width, spatial_scale, sampling_ratio);
  const Sizes sizes = {boxes.size(0),    features.size(0), features.size(1), features.size(2),
                       features.size(3), output_height,    output_width};
  const at::MemoryFormat layout = features.suggest_memory_format();
  const at::Tensor output =
      at::empty({sizes.boxes, sizes.channels, output_height, output_width}, features.options(), layout);
  const auto boxes_of = BoxesByClip(clip_index.contiguous(), sizes.clips);
  if (output.numel() == 0) return output;
  const at::Tensor dense = features.contiguous(layout);
  const at::Tensor coordinates = boxes.to(ComputeScalarType(features.scalar_type())).contiguous();
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, features.scalar_type(), "roi_align", [&] {
    ForwardKernel<scalar_t>(sizes, dense, coordinates, boxes_of, layout == at::MemoryFormat::ChannelsLast,
                            spatial_scale, sampling_ratio, aligned, output);
  });
  return output;
}

at::Tensor BackwardCpu(const at::Tensor& grad, const at::Tensor& boxes, const at::Tensor& clip_index,
                       at::IntArrayRef feature_size, bool channels_last, double spatial_scale,
                       int64_t sampling_ratio, bool aligned) {
  CheckBackward(grad, boxes, clip_index, feature_size, spatial_scale, sampling_ratio);
  const Sizes sizes = {boxes.size(0),   feature_size[0], feature_size[1], feature_size[2],
                       feature_size[3], grad.size(2),    grad.size(3)};
  const at::Tensor grad_features = at::empty(feature_size, grad.options(), Layout(channels_last));
  const auto boxes_of = BoxesByClip(clip_index.contiguous(), sizes.clips);
  if (grad_features.numel() == 0) return grad_features;
  const at::MemoryFormat layout = grad.suggest_memory_format();
  const at::Tensor dense = grad.contiguous(layout);
  const at::Tensor coordinates = boxes.to(ComputeScalarType(grad.scalar_type())).contiguous();
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, grad.scalar_type(), "roi_align_backward", [&] {
    BackwardKernel<scalar_t>(sizes, dense, coordinates, boxes_of, layout == at::MemoryFormat::ChannelsLast,
                             channels_last, spatial_scale, sampling_ratio, aligned, grad_features);
  });
  return grad_features;
}

}  // namespace

TORCH_LIBRARY_IMPL(mrsn, CPU, library) {
  library.impl("roi_align", ForwardCpu);
  library.impl("roi_align_backward", BackwardCpu);
}

}  // namespace mrsn::ops::roi_align

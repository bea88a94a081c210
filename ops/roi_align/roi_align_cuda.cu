// Launches the kernels of roi_align_kernels.cuh and registers them; built by --config=cuda only.
#include <algorithm>
#include <cstdint>

#include "ATen/ATen.h"
#include "ATen/Dispatch.h"
#include "c10/cuda/CUDAException.h"
#include "c10/cuda/CUDAGuard.h"
#include "c10/cuda/CUDAStream.h"
#include "ops/roi_align/roi_align_internal.h"
#include "ops/roi_align/roi_align_kernels.cuh"
#include "torch/library.h"

namespace mrsn::ops::roi_align {
namespace {

constexpr int kThreads = 256;

// The grid-stride loops need no more blocks than keep a device busy.
unsigned Blocks(int64_t count) {
  return static_cast<unsigned>(std::min<int64_t>((count + kThreads - 1) / kThreads, 65535));
}

bool IsChannelsLast(at::MemoryFormat format) { return format == at::MemoryFormat::ChannelsLast; }

// Device memory of a weight table, kept alive until the kernels that use it are queued.
template <typename T>
struct WeightStorage {
  WeightStorage(const at::Tensor& boxes, int64_t output_height, int64_t output_width, int64_t height,
                int64_t width, double spatial_scale, int64_t sampling_ratio, bool aligned) {
    const int64_t count = boxes.size(0);
    const at::Tensor coordinates = boxes.to(c10::CppTypeToScalarType<T>::value).contiguous();
    wy = at::empty({count, output_height, height}, coordinates.options());
    wx = at::empty({count, output_width, width}, coordinates.options());
    static_assert(sizeof(Span) == 2 * sizeof(int32_t));
    span_y = at::empty({count, output_height, 2}, coordinates.options().dtype(at::kInt));
    span_x = at::empty({count, output_width, 2}, coordinates.options().dtype(at::kInt));
    view = {wy.mutable_data_ptr<T>(), wx.mutable_data_ptr<T>(),
            reinterpret_cast<Span*>(span_y.mutable_data_ptr<int32_t>()),
            reinterpret_cast<Span*>(span_x.mutable_data_ptr<int32_t>())};
    if (count == 0) return;
    WeightsKernel<T>
        <<<Blocks(count * (output_height + output_width)), kThreads, 0, c10::cuda::getCurrentCUDAStream()>>>(
            count, output_height, output_width, height, width, coordinates.const_data_ptr<T>(),
            static_cast<T>(spatial_scale), sampling_ratio, aligned, view);
    C10_CUDA_KERNEL_LAUNCH_CHECK();
  }

  at::Tensor wy, wx, span_y, span_x;
  DeviceWeights<T> view;
};

at::Tensor ForwardCuda(const at::Tensor& features, const at::Tensor& boxes, const at::Tensor& clip_index,
                       int64_t output_height, int64_t output_width, double spatial_scale,
                       int64_t sampling_ratio, bool aligned) {
  CheckForward(features, boxes, clip_index, output_height, output_width, spatial_scale, sampling_ratio);
  const c10::cuda::CUDAGuard device(features.device());
  const at::MemoryFormat format = features.suggest_memory_format();
  const int64_t channels = features.size(1), height = features.size(2), width = features.size(3);
  const at::Tensor output =
      at::empty({boxes.size(0), channels, output_height, output_width}, features.options(), format);
  if (output.numel() == 0) return output;
  const at::Tensor dense = features.contiguous(format);
  const at::Tensor clips = clip_index.contiguous();
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, features.scalar_type(), "roi_align", [&] {
    using T = ComputeType<scalar_t>;
    const WeightStorage<T> weights(boxes, output_height, output_width, height, width, spatial_scale,
                                   sampling_ratio, aligned);
    ForwardKernel<scalar_t, T><<<Blocks(output.numel()), kThreads, 0, c10::cuda::getCurrentCUDAStream()>>>(
        output.numel(), features.size(0), Layout4{channels, height, width, IsChannelsLast(format)},
        Layout4{channels, output_height, output_width, IsChannelsLast(format)},
        dense.const_data_ptr<scalar_t>(), clips.const_data_ptr<int64_t>(), weights.view,
        output.mutable_data_ptr<scalar_t>());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
  });
  return output;
}

at::Tensor BackwardCuda(const at::Tensor& grad, const at::Tensor& boxes, const at::Tensor& clip_index,
                        at::IntArrayRef feature_size, bool channels_last, double spatial_scale,
                        int64_t sampling_ratio, bool aligned) {
  CheckBackward(grad, boxes, clip_index, feature_size, spatial_scale, sampling_ratio);
  const c10::cuda::CUDAGuard device(grad.device());
  const at::MemoryFormat format = grad.suggest_memory_format();
  const int64_t channels = feature_size[1], height = feature_size[2], width = feature_size[3];
  const at::Tensor grad_features = at::empty(feature_size, grad.options(), Layout(channels_last));
  if (grad_features.numel() == 0) return grad_features;
  const at::Tensor dense = grad.contiguous(format);
  const at::Tensor clips = clip_index.contiguous();
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, grad.scalar_type(), "roi_align_backward", [&] {
    using T = ComputeType<scalar_t>;
    const WeightStorage<T> weights(boxes, grad.size(2), grad.size(3), height, width, spatial_scale,
                                   sampling_ratio, aligned);
    BackwardKernel<scalar_t, T>
        <<<Blocks(grad_features.numel()), kThreads, 0, c10::cuda::getCurrentCUDAStream()>>>(
            grad_features.numel(), boxes.size(0), Layout4{channels, height, width, channels_last},
            Layout4{channels, grad.size(2), grad.size(3), IsChannelsLast(format)},
            dense.const_data_ptr<scalar_t>(), clips.const_data_ptr<int64_t>(), weights.view,
            grad_features.mutable_data_ptr<scalar_t>());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
  });
  return grad_features;
}

}  // namespace

TORCH_LIBRARY_IMPL(mrsn, CUDA, library) {
  library.impl("roi_align", ForwardCuda);
  library.impl("roi_align_backward", BackwardCuda);
}

}  // namespace mrsn::ops::roi_align

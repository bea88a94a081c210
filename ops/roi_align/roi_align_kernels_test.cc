// The CUDA kernels: their code run on the CPU, and the compiled ones where there is a device.
// clang-format off
#include "ops/testing/cuda_on_host.h"  // must come before the kernels
#include "ops/roi_align/roi_align_kernels.cuh"
// clang-format on

#include <cstdint>
#include <vector>

#include "ATen/ATen.h"
#include "ATen/Context.h"
#include "gtest/gtest.h"
#include "ops/roi_align/roi_align.h"
#include "ops/roi_align/roi_align_reference.h"

namespace mrsn::ops {
namespace {

using roi_align::ComputeType;
using roi_align::DeviceWeights;
using roi_align::Layout4;
using roi_align::Span;

at::Tensor Boxes() {
  return at::tensor({20.f,  12.f,  91.f,  130.f, -31.f, -17.f, 60.f, 70.f, 0.f,  0.f,
                     208.f, 144.f, 300.f, 10.f,  350.f, 60.f,  77.f, 3.f,  81.f, 139.f})
      .view({5, 4});
}
at::Tensor ClipIndex() { return at::tensor(at::ArrayRef<int64_t>({1, 0, 0, 1, 1})); }

struct Launch {
  unsigned blocks, threads;
};

// Neither one thread for everything nor more threads than values may change a result.
constexpr Launch kLaunches[] = {{1, 1}, {3, 7}, {64, 256}};

template <typename Scalar>
struct Kernels {
  using T = ComputeType<Scalar>;

  Kernels(Launch launch, const RoiAlignOptions& options, int64_t height, int64_t width)
      : launch(launch),
        wy(5 * options.output_height * height, T(-1)),
        wx(5 * options.output_width * width, T(-1)),
        span_y(5 * options.output_height),
        span_x(5 * options.output_width),
        weights{wy.data(), wx.data(), span_y.data(), span_x.data()} {
    const at::Tensor boxes = Boxes().to(c10::CppTypeToScalarType<T>::value);
    RunOnHost(launch.blocks, launch.threads, [&] {
      roi_align::WeightsKernel<T>(5, options.output_height, options.output_width, height, width,
                                  boxes.const_data_ptr<T>(), options.spatial_scale, options.sampling_ratio,
                                  options.aligned, weights);
    });
  }

  void Forward(const at::Tensor& features, const Layout4& layout, const Layout4& out_layout,
               at::Tensor& out) {
    RunOnHost(launch.blocks, launch.threads, [&] {
      roi_align::ForwardKernel<Scalar, T>(
          out.numel(), features.size(0), layout, out_layout, features.const_data_ptr<Scalar>(),
          clip_index.const_data_ptr<int64_t>(), weights, out.mutable_data_ptr<Scalar>());
    });
  }

  void Backward(const at::Tensor& grad, const Layout4& layout, const Layout4& grad_layout,
                at::Tensor& result) {
    RunOnHost(launch.blocks, launch.threads, [&] {
      roi_align::BackwardKernel<Scalar, T>(
          result.numel(), 5, layout, grad_layout, grad.const_data_ptr<Scalar>(),
          clip_index.const_data_ptr<int64_t>(), weights, result.mutable_data_ptr<Scalar>());
    });
  }

  Launch launch;
  std::vector<T> wy, wx;
  std::vector<Span> span_y, span_x;
  DeviceWeights<T> weights;
  at::Tensor clip_index = ClipIndex();
};

template <typename Scalar>
class RoiAlignKernelsTest : public ::testing::Test {};
using Scalars = ::testing::Types<float, double, at::BFloat16>;
TYPED_TEST_SUITE(RoiAlignKernelsTest, Scalars);

TYPED_TEST(RoiAlignKernelsTest, OnTheHostEqualReference) {
  const at::ScalarType type = c10::CppTypeToScalarType<TypeParam>::value;
  const double tolerance = type == at::kDouble ? 1e-13 : type == at::kFloat ? 2e-6 : 4e-3;
  RoiAlignOptions options;
  options.output_width = 5;
  at::manual_seed(1);
  for (const Launch launch : kLaunches) {
    for (const bool channels_last : {false, true}) {
      for (const int64_t ratio : {0, 2}) {
        options.sampling_ratio = ratio;
        options.aligned = ratio == 0;
        const at::MemoryFormat format = roi_align::Layout(channels_last);
        const at::Tensor features = at::randn({2, 3, 9, 13}).to(type).contiguous(format);
        const at::Tensor grad = at::randn({5, 3, 7, 5}).to(type).contiguous(format);
        const Layout4 layout{3, 9, 13, channels_last}, out_layout{3, 7, 5, channels_last};
        const RoiAlignReference reference(Boxes(), ClipIndex(), features.sizes(), options);
        Kernels<TypeParam> kernels(launch, options, 9, 13);

        at::Tensor out = at::full_like(grad, 99);
        kernels.Forward(features, layout, out_layout, out);
        EXPECT_TRUE(at::allclose(out.to(at::kDouble), reference.Forward(features), tolerance, tolerance));
        at::Tensor grad_features = at::full_like(features, 99);
        kernels.Backward(grad, layout, out_layout, grad_features);
        EXPECT_TRUE(
            at::allclose(grad_features.to(at::kDouble), reference.Backward(grad), tolerance, tolerance));
      }
    }
  }
}

TEST(RoiAlignKernelsTest, DecodeIsTheInverseOfOffset) {
  for (const bool channels_last : {false, true}) {
    const Layout4 layout{3, 4, 5, channels_last};
    for (int64_t flat = 0; flat < 2 * 3 * 4 * 5; ++flat) {
      const auto [a, b, c, d] = layout.Decode(flat);
      ASSERT_TRUE(a < 2 && b < 3 && c < 4 && d < 5) << flat;
      ASSERT_EQ(layout.Offset(a, b, c, d), flat);
    }
  }
}

TEST(RoiAlignKernelsTest, OnTheDeviceEqualTheCpu) {
  if (!at::globalContext().hasCUDA()) GTEST_SKIP() << "no CUDA device";
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kBFloat16}) {
    for (const at::MemoryFormat format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      const at::Tensor input = at::randn({2, 70, 9, 13}).to(type).contiguous(format);
      const at::Tensor grad = at::randn({5, 70, 7, 7}).to(type);
      const at::Tensor host = input.clone().requires_grad_();
      const at::Tensor device = input.to(at::kCUDA).requires_grad_();
      const at::Tensor out = RoiAlign(host, Boxes(), ClipIndex(), {});
      const at::Tensor device_out = RoiAlign(device, Boxes().to(at::kCUDA), ClipIndex().to(at::kCUDA), {});
      out.backward(grad);
      device_out.backward(grad.to(at::kCUDA));
      const double tolerance = type == at::kDouble ? 1e-12 : type == at::kFloat ? 1e-5 : 1e-2;
      EXPECT_TRUE(at::allclose(device_out.cpu(), out, tolerance, tolerance));
      EXPECT_TRUE(at::allclose(device.grad().cpu(), host.grad(), tolerance, tolerance));
    }
  }
}

}  // namespace
}  // namespace mrsn::ops

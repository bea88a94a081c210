// Convolutions with three taps by Winograd's minimal filtering: fewer multiplications than the direct sum,
// for inference on the CPU, where 3x3 and 3x1x1 convolutions of a backbone's last stages are compute bound.
//
//   if (WinogradConv::Applies(weight.sizes(), stride, padding, dilation, groups)) {
//     const WinogradConv conv(weight, bias, dilation);
//     y = conv.Forward(x, /*relu=*/true);
//   }
//
// A tile of outputs Y is computed from the patch of inputs d that it depends on (Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks", CVPR 2016, Eq. 8, sums over input channels left out):
//
//   Y = A^T [ (G g G^T) * (B^T d B) ] A      (* is elementwise)
//
//   kSpatial3x3  F(4x4, 3x3): 36 products for 4x4 outputs, 144 by the direct sum
//   kTemporal3   F(4, 3):      6 products for 4 outputs,    12 by the direct sum
//
// Rounding: below 5e-6 of the largest output (winograd_test.cc); the direct sum in float has about 3e-7.
// A value that is not finite spoils every output of the tiles whose patches hold it: outputs up to 4 dilated
// steps away. In the direct sum it spoils outputs up to 1 step away.
#ifndef MRSN_OPS_WINOGRAD_WINOGRAD_H_
#define MRSN_OPS_WINOGRAD_WINOGRAD_H_

#include <cstdint>

#include "ATen/core/Tensor.h"
#include "ops/winograd/winograd_kernels.h"

namespace mrsn::ops {

enum class WinogradKind {
  kSpatial3x3,  // 1x3x3 taps, dilation d and padding d along height and width
  kTemporal3,   // 3x1x1 taps, dilation d and padding d over time
};

class WinogradConv {
 public:
  // True if Forward can compute this convolution (kernel [K,C,1,3,3] or [K,C,3,1,1], stride 1, one group,
  // padding equal to dilation along the axes with taps) and is faster than the direct sum: the processor has
  // AVX2 and the convolution is large. stride, padding and dilation are those of time, height and width.
  static bool Applies(at::IntArrayRef weight_sizes, at::IntArrayRef stride, at::IntArrayRef padding,
                      at::IntArrayRef dilation, int64_t groups);

  // weight [K, C, 1, 3, 3] or [K, C, 3, 1, 1] and bias [K], or undefined for none: float32 on the CPU, K and
  // C >= 1. Keeps a transformed copy of the weight, 4 (3x3) or 2 (3x1x1) times its size. dilation >= 1.
  // Throws c10::Error.
  WinogradConv(const at::Tensor& weight, const at::Tensor& bias, int64_t dilation);
  // Uses the given kernels instead of the processor's best. For tests.
  WinogradConv(const at::Tensor& weight, const at::Tensor& bias, int64_t dilation,
               InstructionSet instructions);

  // conv(x) + bias, its negative values set to zero if `relu`. x [B, C, T, H, W], float32 on the CPU,
  // contiguous as channels_last_3d, and so is the result [B, K, T, H, W]. Has no gradient: throws c10::Error
  // if x requires one. The result is the same for every number of threads; clips of a batch are
  // independent.
  at::Tensor Forward(const at::Tensor& x, bool relu) const;

  WinogradKind kind() const { return kind_; }

  // Multiplications of Forward per multiplication of the direct sum; below 1 except for maps of a few pixels.
  double CostRatio(at::IntArrayRef input_sizes) const;

 private:
  WinogradKind kind_;
  int64_t output_channels_, input_channels_, dilation_;
  InstructionSet instructions_;
  at::Tensor weight_;  // [panels, products, C, panel]: G g G^T, output channels padded with zeros
  at::Tensor bias_;    // [panels * panel]
};

}  // namespace mrsn::ops

#endif  // MRSN_OPS_WINOGRAD_WINOGRAD_H_

// at::convolution in two dimensions with another gradient of its weights where oneDNN's is slow or wrong.
//
// oneDNN's gradient of a t x 1 or of a dilated kernel over few positions takes two to
// three times as long as its forward pass (channels_last, float32). It is a sum of matrix
// products, one for each tap k of the kernel, and computed as matrix products it runs at their speed:
//   dW[:, :, k] = sum over positions p of dY[p]^T X[p + offset(k)]
//
// oneDNN's gradient of a strided 1 x 1 kernel writes beyond its memory if x has fewer than 8 channels and the
// processor has AVX2 but no AVX-512 (jit_avx2_1x1_convolution_bwd_weights, oneDNN of LibTorch 2.11.0). Such a
// gradient is computed in the same way.
#ifndef MRSN_OPS_CONVOLUTION_CONVOLUTION_H_
#define MRSN_OPS_CONVOLUTION_CONVOLUTION_H_

#include <cstdint>
#include <vector>

#include "ATen/core/Tensor.h"

namespace mrsn::ops {

struct ConvolutionOptions {
  std::vector<int64_t> stride = {1, 1}, padding = {0, 0}, dilation = {1, 1};
};

// x [B,C,H,W], weight [K,C,kh,kw], bias [K] or undefined -> [B,K,h,w]; groups 1. The
// values are at::convolution's. Gradients flow to all three. If GradientByTaps(), the weights' gradient is
// computed by tap and has no second derivative: asking for one throws. Otherwise it is at::convolution's.
at::Tensor Convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                       const ConvolutionOptions& options);

// Whether the weights' gradient is computed by tap: x in channels_last float32 on the CPU, and either
// stride 1 with a kernel of several rows and one column, a dilated one, or one tap of 2^20 weights and more;
// or a larger stride with one tap and fewer than 8 channels of x.
bool GradientByTaps(const at::Tensor& x, const at::Tensor& weight, const ConvolutionOptions& options);

}  // namespace mrsn::ops

#endif  // MRSN_OPS_CONVOLUTION_CONVOLUTION_H_

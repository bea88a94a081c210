// Convolution, batch norm, residual sum and ReLU as one step, computed the cheapest
// way that is exact:
//   1 x k x k and t x 1 x 1 convolutions run as two-dimensional ones, over [B T, C, H, W]
//     and [B, C, T, H W]: views of one memory, because x is kept channels_last_3d;
//   a norm in evaluation mode is folded into the convolution,
//     w' = w gamma / sqrt(var + eps),  b' = beta + (b - mean) gamma / sqrt(var + eps),
//     with gradients to w, gamma and beta as before;
//   a norm in training mode, the sum and ReLU are one operation (ops/norm_relu);
//   without gradients, on the CPU and in float32 or bfloat16, w' is kept in oneDNN's own
//     blocked layout, and sum and ReLU happen where the convolution writes its result;
//   large 3 x 3 and 3 x 1 x 1 convolutions, in float32, go through Winograd's filtering
//     (ops/winograd), whose transformed weights are 4 and 2 times the size.
// The kept weights are made anew whenever a weight has changed, so that results never lag behind.
#ifndef MRSN_MRSN_BACKBONE_CONV_NORM_H_
#define MRSN_MRSN_BACKBONE_CONV_NORM_H_

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <memory>

namespace mrsn {

enum class Activation { kNone, kRelu };

// Refers to modules that its owner registers; copies refer to the same ones. One
// thread at a time.
class ConvNorm {
 public:
  ConvNorm() = default;
  // An empty `norm` leaves it out. Groups 1, zero padding.
  ConvNorm(torch::nn::Conv3d conv, torch::nn::BatchNorm3d norm);

  explicit operator bool() const { return !conv_.is_empty(); }

  // activation(norm(conv(x)) + residual). x [B,C,T,H,W], fastest when channels_last_3d;
  // residual, if defined, has the result's shape and is left as it is.
  at::Tensor Forward(const at::Tensor& x, Activation activation, const at::Tensor& residual = {});

 private:
  struct Folded;
  Folded& Fold(at::ScalarType type);
  at::Tensor Infer(const at::Tensor& x, Activation activation, const at::Tensor& residual);

  torch::nn::Conv3d conv_{nullptr};
  torch::nn::BatchNorm3d norm_{nullptr};
  std::shared_ptr<Folded> folded_;
};

}  // namespace mrsn

#endif  // MRSN_MRSN_BACKBONE_CONV_NORM_H_

// The layers that backbones and heads are built from, as nodes. In all of them `scope` is the module whose
// weights are read, and floating tensors are float32.
#ifndef MRSN_MRSN_ONNX_LAYERS_H_
#define MRSN_MRSN_ONNX_LAYERS_H_

#include <array>
#include <cstdint>
#include <string>

#include "mrsn/onnx/scope.h"

namespace mrsn::onnx {

// x W^T + b of "weight" [n,k] and "bias" [n]: [..,k] -> [..,n].
Value Linear(const Scope& scope, const Value& x);

// The same with rows [begin, end) of a weight and bias of other names.
Value LinearRows(const Scope& scope, const std::string& weight, const std::string& bias, int64_t begin,
                 int64_t end, const Value& x);

// Over the last dimension, with LibTorch's epsilon; "weight" and "bias".
Value LayerNorm(const Scope& scope, const Value& x);

Value Gelu(const Scope& scope, const Value& x);  // exact: x Phi(x)

// Numbers over t, y, x.
using Extents = std::array<int64_t, 3>;

struct ConvolutionSteps {
  Extents stride = {1, 1, 1};
  int64_t dilation = 1;  // spatial
  // TensorFlow's "SAME" padding; otherwise kernel / 2 x dilation zeros on each side.
  bool same = false;
};

// The convolution `conv` of `owner`, "<conv>.weight" [C',C,t,k,k] and, if it has one, "<conv>.bias", followed
// by the batch norm `norm` in evaluation mode, which is folded into it:
//   w' = w gamma / sqrt(var + epsilon),  b' = beta + (b - mean) gamma / sqrt(var + epsilon).
// An empty `norm` leaves it out. [B,C,T,H,W] -> [B,C',..].
Value ConvNorm(const Scope& owner, const std::string& conv, const std::string& norm, double epsilon,
               const ConvolutionSteps& steps, const Value& x);

struct MaxPoolSteps {
  Extents kernel = {1, 1, 1}, stride = {1, 1, 1}, padding = {0, 0, 0};
  bool ceil = false;  // a window that reaches over the end counts
  bool same = false;  // "SAME" padding instead of `padding`
};
Value MaxPool(const Scope& scope, const MaxPoolSteps& steps, const Value& x);

// The size of a dimension as an int64 scalar.
Value SizeOf(const Scope& scope, const Value& x, int64_t dimension);

Value ToFloat(const Scope& scope, const Value& x);
Value ToInt(const Scope& scope, const Value& x);

}  // namespace mrsn::onnx

#endif  // MRSN_MRSN_ONNX_LAYERS_H_

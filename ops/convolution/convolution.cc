#include "ops/convolution/convolution.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>

namespace mrsn::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// Weights of a 1 x 1 kernel from which on a product is faster than oneDNN's gradient.
constexpr int64_t kWide = int64_t{1} << 20;

// The channels that oneDNN's AVX2 kernels read and write at once.
constexpr int64_t kAvx2Floats = 8;

at::Tensor Plain(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                 const ConvolutionOptions& options) {
  return at::convolution(x, weight, bias, options.stride, options.padding, options.dilation,
                         /*transposed=*/false, {0, 0}, /*groups=*/1);
}

// Positions begin, begin + step, ... below `end` along one axis.
struct Range {
  int64_t begin, end, step = 1;
};

// The outputs whose input, at output * stride + offset, is no padding.
Range Inside(int64_t outputs, int64_t inputs, int64_t stride, int64_t offset) {
  const int64_t begin = offset < 0 ? (-offset + stride - 1) / stride : 0;
  const int64_t end = offset < inputs ? (inputs - 1 - offset) / stride + 1 : 0;
  return {begin, std::min(outputs, end)};
}

// The inputs of these outputs.
Range InputsOf(Range outputs, int64_t stride, int64_t offset) {
  return {outputs.begin * stride + offset, (outputs.end - 1) * stride + offset + 1, stride};
}

// All images' rows and columns within the ranges, as a matrix [positions, channels].
at::Tensor Rows(const at::Tensor& channels_last, Range y, Range x) {
  return channels_last.slice(1, y.begin, y.end, y.step)
      .slice(2, x.begin, x.end, x.step)
      .reshape({-1, channels_last.size(3)});
}

// x [B,C,H,W], dy [B,K,h,w] -> dW [K,C,kh,kw].
at::Tensor WeightGradient(const at::Tensor& x, const at::Tensor& dy, at::IntArrayRef weight_sizes,
                          const ConvolutionOptions& options) {
  const int64_t kh = weight_sizes[2], kw = weight_sizes[3];
  const at::Tensor in = x.permute({0, 2, 3, 1}), out = dy.permute({0, 2, 3, 1});
  at::Tensor taps = at::empty({kh * kw, weight_sizes[0], weight_sizes[1]}, x.options());
  for (int64_t i = 0; i < kh; ++i) {
    for (int64_t j = 0; j < kw; ++j) {
      const int64_t dy_offset = i * options.dilation[0] - options.padding[0];
      const int64_t dx_offset = j * options.dilation[1] - options.padding[1];
      const Range rows = Inside(out.size(1), in.size(1), options.stride[0], dy_offset);
      const Range columns = Inside(out.size(2), in.size(2), options.stride[1], dx_offset);
      at::Tensor tap = taps.select(0, i * kw + j);
      if (rows.begin >= rows.end || columns.begin >= columns.end) {
        tap.zero_();
        continue;
      }
      at::mm_out(tap, Rows(out, rows, columns).t(),
                 Rows(in, InputsOf(rows, options.stride[0], dy_offset),
                      InputsOf(columns, options.stride[1], dx_offset)));
    }
  }
  return taps.permute({1, 2, 0}).reshape(weight_sizes);
}

class ByTaps : public torch::autograd::Function<ByTaps> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, const ConvolutionOptions& options) {
    context->save_for_backward({x, weight});
    context->saved_data["bias"] = bias.has_value();
    context->saved_data["stride"] = options.stride;
    context->saved_data["padding"] = options.padding;
    context->saved_data["dilation"] = options.dilation;
    return Plain(x, weight, bias, options);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "ops::Convolution has no second derivative");
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const ConvolutionOptions options = {context->saved_data["stride"].toIntVector(),
                                        context->saved_data["padding"].toIntVector(),
                                        context->saved_data["dilation"].toIntVector()};
    const at::Tensor dy = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    at::Tensor dx, dweight, dbias;
    if (context->needs_input_grad(0)) {
      dx = std::get<0>(at::convolution_backward(dy, x, weight, std::nullopt, options.stride, options.padding,
                                                options.dilation, false, {0, 0}, 1, {true, false, false}));
    }
    if (context->needs_input_grad(1)) dweight = WeightGradient(x, dy, weight.sizes(), options);
    const bool has_bias = context->saved_data["bias"].toBool();
    if (has_bias && context->needs_input_grad(2)) dbias = dy.sum({0, 2, 3});
    return {dx, dweight, dbias, Variable()};
  }
};

}  // namespace

bool GradientByTaps(const at::Tensor& x, const at::Tensor& weight, const ConvolutionOptions& options) {
  const bool strided = options.stride[0] > 1 || options.stride[1] > 1;
  const bool one_tap = weight.size(2) * weight.size(3) == 1;
  const bool rows_only = weight.size(2) > 1 && weight.size(3) == 1;
  const bool dilated = options.dilation[0] > 1 || options.dilation[1] > 1;
  const bool wide = one_tap && weight.numel() >= kWide;
  const bool faster = !strided && (rows_only || dilated || wide);
  const bool beyond_memory = strided && one_tap && weight.size(1) < kAvx2Floats;
  return x.is_cpu() && x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat &&
         (faster || beyond_memory) && x.numel() > 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor Convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                       const ConvolutionOptions& options) {
  TORCH_CHECK(x.dim() == 4 && weight.dim() == 4, "convolution: expected x and weight of 4 dimensions, got ",
              x.sizes(), " and ", weight.sizes());
  const std::optional<at::Tensor> given = bias.defined() ? std::optional(bias) : std::nullopt;
  if (!at::GradMode::is_enabled() || !GradientByTaps(x, weight, options)) {
    return Plain(x, weight, given, options);
  }
  return ByTaps::apply(x, weight, given, options);
}

}  // namespace mrsn::ops

#include "mrsn/backbone/conv_norm.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mrsn {
namespace {

// The convolution with as few dimensions as it really has.
struct Plain {
  at::Tensor x, weight;
  std::vector<int64_t> stride, padding, dilation;
  enum class View { kSpatial, kTemporal, kNone } view = View::kNone;
};

Plain::View ViewOf(const torch::nn::detail::ConvNdOptions<3>& options) {
  const auto& kernel = *options.kernel_size();
  const auto& stride = *options.stride();
  if (kernel[0] == 1 && stride[0] == 1) return Plain::View::kSpatial;
  const bool space = kernel[1] > 1 || kernel[2] > 1 || stride[1] > 1 || stride[2] > 1;
  return space ? Plain::View::kNone : Plain::View::kTemporal;
}

at::Tensor Flatten(const at::Tensor& x, Plain::View view) {
  switch (view) {
    case Plain::View::kSpatial:
      return x.transpose(1, 2).flatten(0, 1);  // [B T, C, H, W]
    case Plain::View::kTemporal:
      return x.flatten(3, 4);  // [B, C, T, H W]
    case Plain::View::kNone:
      break;
  }
  return x;
}

// y is the result for Flatten(x): back to [B, C', T', h, w].
at::Tensor Unflatten(const at::Tensor& y, const at::Tensor& x, Plain::View view) {
  switch (view) {
    case Plain::View::kSpatial:
      return y.unflatten(0, {x.size(0), x.size(2)}).transpose(1, 2);
    case Plain::View::kTemporal:
      return y.unflatten(3, {x.size(3), x.size(4)});
    case Plain::View::kNone:
      break;
  }
  return y;
}

Plain Plan(const torch::nn::detail::ConvNdOptions<3>& options, const at::Tensor& x,
           const at::Tensor& weight) {
  Plain plain;
  plain.view = ViewOf(options);
  plain.x = Flatten(x, plain.view);
  plain.weight = weight;
  if (plain.view == Plain::View::kSpatial) plain.weight = weight.squeeze(2);
  if (plain.view == Plain::View::kTemporal) plain.weight = weight.squeeze(4);
  const auto padding = std::get<torch::ExpandingArray<3>>(options.padding());
  for (size_t k = plain.view == Plain::View::kSpatial ? 1 : 0;
       k < (plain.view == Plain::View::kTemporal ? 2 : 3); ++k) {
    plain.stride.push_back((*options.stride())[k]);
    plain.padding.push_back((*padding)[k]);
    plain.dilation.push_back((*options.dilation())[k]);
  }
  return plain;
}

at::Tensor Convolve(const Plain& plain, const at::Tensor& bias) {
  return at::convolution(plain.x, plain.weight, bias.defined() ? std::optional(bias) : std::nullopt,
                         plain.stride, plain.padding, plain.dilation, /*transposed=*/false,
                         std::vector<int64_t>(plain.stride.size(), 0), /*groups=*/1);
}

// Weight and bias of the convolution that equals conv, then norm in evaluation mode.
std::pair<at::Tensor, at::Tensor> FoldNorm(const torch::nn::Conv3d& conv,
                                           const torch::nn::BatchNorm3d& norm) {
  if (norm.is_empty()) return {conv->weight, conv->bias};
  const at::Tensor scale = norm->weight * (norm->running_var + norm->options.eps()).rsqrt();
  const at::Tensor mean = conv->bias.defined() ? norm->running_mean - conv->bias : norm->running_mean;
  return {conv->weight * scale.reshape({-1, 1, 1, 1, 1}), norm->bias - mean * scale};
}

// What a tensor held when something was computed from it.
using Stamp = std::pair<const void*, int64_t>;
Stamp StampOf(const at::Tensor& tensor) {
  if (!tensor.defined()) return {nullptr, 0};
  return {tensor.unsafeGetTensorImpl()->storage().data(), tensor.is_inference() ? 0 : tensor._version()};
}

at::ScalarType ComputeType(const at::Tensor& x) {
  const at::DeviceType device = x.device().type();
  if (x.scalar_type() == at::kDouble || !at::autocast::is_autocast_enabled(device)) return x.scalar_type();
  return at::autocast::get_autocast_dtype(device);
}

// oneDNN's fused convolutions as LibTorch registers them for its own compiler; absent
// from builds without oneDNN.
std::optional<c10::OperatorHandle> FindOp(const char* name, const char* overload = "") {
  return c10::Dispatcher::singleton().findSchema({name, overload});
}

struct FusedOps {
  std::optional<c10::OperatorHandle> pack = FindOp("mkldnn::_reorder_convolution_weight"),
                                     conv = FindOp("mkldnn::_convolution_pointwise"),
                                     conv_sum = FindOp("mkldnn::_convolution_pointwise", "binary");
  bool all() const { return pack && conv && conv_sum; }
};

const FusedOps& Fused() {
  static const FusedOps ops;
  return ops;
}

bool CanFuse(const Plain& plain, at::ScalarType type) {
  const bool known_type = type == at::kFloat || type == at::kBFloat16;
  return known_type && plain.x.device().is_cpu() && plain.x.numel() > 0 &&
         at::globalContext().userEnabledMkldnn() && Fused().all();
}

template <typename... Args>
at::Tensor Call(const c10::OperatorHandle& op, Args&&... args) {
  std::vector<c10::IValue> stack = {c10::IValue(std::forward<Args>(args))...};
  op.callBoxed(stack);
  return stack.front().toTensor();
}

const c10::IValue kNoScalars = c10::List<std::optional<at::Scalar>>();

at::Tensor Pack(const Plain& plain) {
  return Call(*Fused().pack, plain.weight, plain.padding, plain.stride, plain.dilation, int64_t{1},
              plain.x.sizes().vec());
}

at::Tensor ConvolveFused(const Plain& plain, const at::Tensor& packed, const at::Tensor& bias,
                         Activation activation, const at::Tensor& residual) {
  const bool relu = activation == Activation::kRelu;
  const c10::IValue no_value, b = bias.defined() ? c10::IValue(bias) : c10::IValue();
  if (!residual.defined()) {
    return Call(*Fused().conv, plain.x, packed, b, plain.padding, plain.stride, plain.dilation, int64_t{1},
                std::string(relu ? "relu" : "none"), kNoScalars, std::string());
  }
  return Call(*Fused().conv_sum, plain.x, residual, packed, b, plain.padding, plain.stride, plain.dilation,
              int64_t{1}, std::string("add"), at::Scalar(1),
              relu ? c10::IValue(std::string("relu")) : no_value, kNoScalars, no_value);
}

at::Tensor Finish(at::Tensor y, Activation activation, const at::Tensor& residual) {
  if (residual.defined()) y = y + residual;
  return activation == Activation::kRelu ? y.relu_() : y;
}

}  // namespace

struct ConvNorm::Folded {
  std::vector<Stamp> stamps;
  at::ScalarType type;
  std::vector<int64_t> sizes;  // of the input the layout was chosen for
  at::Tensor weight, bias;     // as FoldNorm
  at::Tensor packed;           // weight in oneDNN's layout, undefined until needed
};

ConvNorm::ConvNorm(torch::nn::Conv3d conv, torch::nn::BatchNorm3d norm)
    : conv_(std::move(conv)), norm_(std::move(norm)), folded_(std::make_shared<Folded>()) {}

const ConvNorm::Folded& ConvNorm::Fold(const at::Tensor& x) {
  std::vector<Stamp> stamps = {StampOf(conv_->weight), StampOf(conv_->bias)};
  if (!norm_.is_empty()) {
    for (const at::Tensor& t : {norm_->weight, norm_->bias, norm_->running_mean, norm_->running_var}) {
      stamps.push_back(StampOf(t));
    }
  }
  const at::ScalarType type = ComputeType(x);
  if (folded_->stamps != stamps || folded_->type != type || folded_->sizes != x.sizes()) {
    std::tie(folded_->weight, folded_->bias) = FoldNorm(conv_, norm_);
    folded_->weight = folded_->weight.to(type);
    if (folded_->bias.defined()) folded_->bias = folded_->bias.to(type);
    folded_->packed.reset();
    folded_->stamps = std::move(stamps);
    folded_->type = type;
    folded_->sizes = x.sizes().vec();
  }
  return *folded_;
}

at::Tensor ConvNorm::Forward(const at::Tensor& x, Activation activation, const at::Tensor& residual) {
  const bool batch_statistics = !norm_.is_empty() && norm_->is_training();
  if (batch_statistics) {
    const Plain plain = Plan(conv_->options, x, conv_->weight);
    return Finish(norm_->forward(Unflatten(Convolve(plain, conv_->bias), x, plain.view)), activation,
                  residual);
  }
  if (at::GradMode::is_enabled() || x.is_meta()) {
    const auto [weight, bias] = FoldNorm(conv_, norm_);
    const Plain plain = Plan(conv_->options, x, weight);
    return Finish(Unflatten(Convolve(plain, bias), x, plain.view), activation, residual);
  }
  const Folded& folded = Fold(x);
  const Plain plain = Plan(conv_->options, x.to(folded.type), folded.weight);
  if (!CanFuse(plain, folded.type)) {
    return Finish(Unflatten(Convolve(plain, folded.bias), x, plain.view), activation, residual);
  }
  if (!folded.packed.defined()) folded_->packed = Pack(plain);
  const at::Tensor sum = residual.defined() ? Flatten(residual.to(folded.type), plain.view) : at::Tensor();
  return Unflatten(ConvolveFused(plain, folded.packed, folded.bias, activation, sum), x, plain.view);
}

}  // namespace mrsn

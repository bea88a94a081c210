#include "mrsn/backbone/conv_norm.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mrsn/backbone/trained_norm.h"
#include "mrsn/weight_stamp.h"
#include "ops/convolution/convolution.h"
#include "ops/cpu/one_dnn.h"
#include "ops/winograd/winograd.h"

namespace mrsn {
namespace {

// A convolution without the dimensions that it does not use.
struct Plain {
  enum class View { kSpatial, kTemporal, kNone } view = View::kNone;
  std::vector<int64_t> stride, padding, dilation;
};

Plain::View ViewOf(const torch::nn::detail::ConvNdOptions<3>& options) {
  const auto& kernel = *options.kernel_size();
  const auto& stride = *options.stride();
  if (kernel[0] == 1 && stride[0] == 1) return Plain::View::kSpatial;
  const bool space = kernel[1] > 1 || kernel[2] > 1 || stride[1] > 1 || stride[2] > 1;
  return space ? Plain::View::kNone : Plain::View::kTemporal;
}

// Goes through [B,T,H,W,C], where the strides of a batch of one clip still count as channels_last for
// LibTorch. Flattening [B,C,T,H,W] itself gives other strides, and a copy at each step.
at::Tensor Flatten(const at::Tensor& x, Plain::View view) {
  const at::Tensor channels_last = x.permute({0, 2, 3, 4, 1});
  switch (view) {
    case Plain::View::kSpatial:
      return channels_last.flatten(0, 1).permute({0, 3, 1, 2});  // [B T, C, H, W]
    case Plain::View::kTemporal:
      return channels_last.flatten(2, 3).permute({0, 3, 1, 2});  // [B, C, T, H W]
    case Plain::View::kNone:
      break;
  }
  return x;
}

// y is the result for Flatten(x): back to [B, C', T', h, w].
at::Tensor Unflatten(const at::Tensor& y, const at::Tensor& x, Plain::View view) {
  switch (view) {
    case Plain::View::kSpatial:
      return y.permute({0, 2, 3, 1}).unflatten(0, {x.size(0), x.size(2)}).permute({0, 4, 1, 2, 3});
    case Plain::View::kTemporal:
      return y.permute({0, 2, 3, 1}).unflatten(2, {x.size(3), x.size(4)}).permute({0, 4, 1, 2, 3});
    case Plain::View::kNone:
      break;
  }
  return y;
}

Plain PlanOf(const torch::nn::detail::ConvNdOptions<3>& options) {
  Plain plain;
  plain.view = ViewOf(options);
  const auto padding = std::get<torch::ExpandingArray<3>>(options.padding());
  for (size_t k = plain.view == Plain::View::kSpatial ? 1 : 0;
       k < (plain.view == Plain::View::kTemporal ? 2 : 3); ++k) {
    plain.stride.push_back((*options.stride())[k]);
    plain.padding.push_back((*padding)[k]);
    plain.dilation.push_back((*options.dilation())[k]);
  }
  return plain;
}

at::Tensor WeightOf(const at::Tensor& weight, const Plain& plain) {
  switch (plain.view) {
    case Plain::View::kSpatial:
      return weight.squeeze(2);
    case Plain::View::kTemporal:
      return weight.squeeze(4);
    case Plain::View::kNone:
      break;
  }
  return weight;
}

// [B,C,T,H,W] in and out; weight [C',C,t,k,k].
at::Tensor Convolve(const Plain& plain, const at::Tensor& x, const at::Tensor& weight,
                    const at::Tensor& bias) {
  const at::Tensor flat = Flatten(x, plain.view), w = WeightOf(weight, plain);
  if (plain.view != Plain::View::kNone) {
    return Unflatten(ops::Convolution(flat, w, bias, {plain.stride, plain.padding, plain.dilation}), x,
                     plain.view);
  }
  return at::convolution(flat, w, bias.defined() ? std::optional(bias) : std::nullopt, plain.stride,
                         plain.padding, plain.dilation, /*transposed=*/false, {0, 0, 0}, /*groups=*/1);
}

// Weight and bias of the convolution that equals conv, then norm in evaluation mode.
std::pair<at::Tensor, at::Tensor> FoldNorm(const torch::nn::Conv3d& conv,
                                           const torch::nn::BatchNorm3d& norm) {
  if (norm.is_empty()) return {conv->weight, conv->bias};
  const at::Tensor scale = norm->weight * (norm->running_var + norm->options.eps()).rsqrt();
  const at::Tensor mean = conv->bias.defined() ? norm->running_mean - conv->bias : norm->running_mean;
  return {conv->weight * scale.reshape({-1, 1, 1, 1, 1}), norm->bias - mean * scale};
}

at::ScalarType ComputeType(const at::Tensor& x) {
  const at::DeviceType device = x.device().type();
  if (x.scalar_type() == at::kDouble || !at::autocast::is_autocast_available(device) ||
      !at::autocast::is_autocast_enabled(device)) {
    return x.scalar_type();
  }
  return at::autocast::get_autocast_dtype(device);
}

// The type of a convolution's products whose numbers are `type`. Where oneDNN has no bfloat16, LibTorch's
// fused operators throw. Float32 products of the same numbers take their place: the sums are float32 in both.
at::ScalarType ProductType(at::ScalarType type, const at::Tensor& x_or_weight) {
  return type == at::kBFloat16 && x_or_weight.is_cpu() && !ops::OneDnnHasBfloat16() ? at::kFloat : type;
}

// t with the precision of `type`, as ProductType(type).
at::Tensor Rounded(const at::Tensor& t, at::ScalarType type, at::ScalarType product_type) {
  return t.defined() ? t.to(type).to(product_type) : t;
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

bool CanFuse(const at::Tensor& x) {
  const bool known_type = x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
  return known_type && x.is_cpu() && x.numel() > 0 && ops::OneDnnIsOn() && Fused().all();
}

constexpr double kMostOfTheProducts = 0.7;

// Winograd's filtering is for large maps, in float32 only, where it keeps five digits and more.
bool CanFilter(const torch::nn::Conv3d& conv, const at::Tensor& x) {
  const auto& options = conv->options;
  const auto padding = std::get<torch::ExpandingArray<3>>(options.padding());
  return x.scalar_type() == at::kFloat && x.is_cpu() && x.numel() > 0 &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast3d) &&
         ops::WinogradConv::Applies(conv->weight.sizes(), *options.stride(), *padding, *options.dilation(),
                                    options.groups());
}

template <typename... Args>
at::Tensor Call(const c10::OperatorHandle& op, Args&&... args) {
  std::vector<c10::IValue> stack = {c10::IValue(std::forward<Args>(args))...};
  op.callBoxed(stack);
  return stack.front().toTensor();
}

const c10::IValue kNoScalars = c10::List<std::optional<at::Scalar>>();

at::Tensor Pack(const Plain& plain, const at::Tensor& x, const at::Tensor& weight) {
  return Call(*Fused().pack, WeightOf(weight, plain), plain.padding, plain.stride, plain.dilation, int64_t{1},
              Flatten(x, plain.view).sizes().vec());
}

at::Tensor ConvolveFused(const Plain& plain, const at::Tensor& x, const at::Tensor& packed,
                         const at::Tensor& bias, Activation activation, const at::Tensor& residual) {
  const bool relu = activation == Activation::kRelu;
  const c10::IValue no_value, b = bias.defined() ? c10::IValue(bias) : c10::IValue();
  const at::Tensor flat = Flatten(x, plain.view);
  at::Tensor y;
  if (residual.defined()) {
    y = Call(*Fused().conv_sum, flat, Flatten(residual.to(x.scalar_type()), plain.view), packed, b,
             plain.padding, plain.stride, plain.dilation, int64_t{1}, std::string("add"), at::Scalar(1),
             relu ? c10::IValue(std::string("relu")) : no_value, kNoScalars, no_value);
  } else {
    y = Call(*Fused().conv, flat, packed, b, plain.padding, plain.stride, plain.dilation, int64_t{1},
             std::string(relu ? "relu" : "none"), kNoScalars, std::string());
  }
  return Unflatten(y, x, plain.view);
}

// Works in place: neither a convolution nor a norm needs its result for its gradient.
at::Tensor Finish(at::Tensor y, Activation activation, const at::Tensor& residual) {
  if (residual.defined()) y.add_(residual);
  return activation == Activation::kRelu ? y.relu_() : y;
}

}  // namespace

// The norm folded into the convolution, in each form that was needed so far. No form depends on the input's
// size: oneDNN chooses its layout for the first size and accepts it for others.
struct ConvNorm::Folded {
  std::vector<WeightStamp> stamps;  // of the weights it was made from; empty: nothing is kept
  at::ScalarType type = at::kFloat;
  at::Tensor bias;
  at::Tensor weight;                          // as at::convolution takes it
  at::Tensor packed;                          // in oneDNN's layout
  std::optional<ops::WinogradConv> winograd;  // transformed
};

ConvNorm::ConvNorm(torch::nn::Conv3d conv, torch::nn::BatchNorm3d norm)
    : conv_(std::move(conv)), norm_(std::move(norm)), folded_(std::make_shared<Folded>()) {}

ConvNorm::Folded& ConvNorm::Fold(at::ScalarType type) {
  std::vector<WeightStamp> stamps = {WeightStamp(conv_->weight), WeightStamp(conv_->bias)};
  if (!norm_.is_empty()) {
    for (const at::Tensor& t : {norm_->weight, norm_->bias, norm_->running_mean, norm_->running_var}) {
      stamps.emplace_back(t);
    }
  }
  if (folded_->stamps != stamps || folded_->type != type) {
    const at::Tensor bias = FoldNorm(conv_, norm_).second;
    *folded_ = {std::move(stamps), type, Rounded(bias, type, ProductType(type, conv_->weight)), {}, {}, {}};
  }
  return *folded_;
}

at::Tensor ConvNorm::Infer(const at::Tensor& input, Activation activation, const at::Tensor& residual) {
  const Plain plain = PlanOf(conv_->options);
  const at::ScalarType type = input.scalar_type(), product_type = ProductType(type, input);
  const at::Tensor x = input.to(product_type);
  Folded& folded = Fold(type);
  const auto weight = [&] { return Rounded(FoldNorm(conv_, norm_).first, type, product_type); };
  if (!residual.defined() && CanFilter(conv_, x)) {
    if (!folded.winograd) {
      folded.winograd.emplace(weight().contiguous(), folded.bias, (*conv_->options.dilation())[2]);
    }
    // On a small map, tiles reach far over the borders and save nothing.
    if (folded.winograd->CostRatio(x.sizes()) < kMostOfTheProducts) {
      return folded.winograd->Forward(x, activation == Activation::kRelu).to(type);
    }
  }
  if (CanFuse(x)) {
    if (!folded.packed.defined()) folded.packed = Pack(plain, x, weight());
    return ConvolveFused(plain, x, folded.packed, folded.bias, activation, residual).to(type);
  }
  if (!folded.weight.defined()) folded.weight = weight();
  return Finish(Convolve(plain, x, folded.weight, folded.bias), activation, residual).to(type);
}

at::Tensor ConvNorm::Forward(const at::Tensor& x, Activation activation, const at::Tensor& residual) {
  if (!at::GradMode::is_enabled() && (norm_.is_empty() || !norm_->is_training())) {
    return Infer(x.to(ComputeType(x)), activation, residual);
  }
  folded_->stamps.clear();  // the weights are about to change
  const Plain plain = PlanOf(conv_->options);
  if (!norm_.is_empty() && norm_->is_training()) {
    return TrainedNorm(norm_, Convolve(plain, x, conv_->weight, conv_->bias), residual,
                       activation == Activation::kRelu);
  }
  const auto [weight, bias] = FoldNorm(conv_, norm_);
  return Finish(Convolve(plain, x, weight, bias), activation, residual);
}

}  // namespace mrsn

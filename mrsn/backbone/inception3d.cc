#include "mrsn/backbone/inception3d.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "mrsn/backbone/resnet3d.h"
#include "ops/recompute/recompute.h"

namespace mrsn {
namespace {

using Size = std::array<int64_t, 3>;  // over t, y, x

// The padding that "SAME" adds to one dimension.
struct Padding {
  int64_t front = 0, back = 0;
};

Padding SamePadding(int64_t size, int64_t kernel, int64_t stride) {
  const int64_t out = (size + stride - 1) / stride;
  const int64_t total = std::max<int64_t>((out - 1) * stride + kernel - size, 0);
  return {total / 2, total - total / 2};
}

at::Tensor PadSame(const at::Tensor& x, const Size& kernel, const Size& stride) {
  std::vector<int64_t> pad;  // from the last dimension on
  for (int d = 2; d >= 0; --d) {
    const Padding padding = SamePadding(x.size(2 + d), kernel[d], stride[d]);
    pad.insert(pad.end(), {padding.front, padding.back});
  }
  return at::constant_pad_nd(x, pad);
}

// If SAME pads one cell more behind than in front, ceil_mode takes the place of that cell: its last window
// ends where x ends. The result equals padding with zeros, because x is never negative.
at::Tensor MaxPoolSame(const at::Tensor& x, const Size& kernel, const Size& stride) {
  Size front;
  for (int d = 0; d < 3; ++d) front[d] = SamePadding(x.size(2 + d), kernel[d], stride[d]).front;
  return at::max_pool3d(x, kernel, stride, front, /*dilation=*/1, /*ceil_mode=*/true);
}

}  // namespace

InceptionUnit::InceptionUnit(const Inception3dOptions& options, int64_t in, int64_t out, int64_t kernel,
                             int64_t stride, bool gated)
    : kernel_(kernel), stride_(stride) {
  const auto norm =
      torch::nn::BatchNormOptions(out).eps(options.batch_norm_epsilon).momentum(options.batch_norm_momentum);
  const bool separable = options.separable && kernel > 1;
  ConvOptions conv;
  conv.in = in;
  conv.out = out;
  conv.kernel = kernel;
  conv.stride = stride;
  // Without a stride an odd kernel's padding is symmetric, and the convolution's own.
  conv.pad = stride == 1;
  if (!separable) {
    conv.temporal_kernel = kernel;
    conv.temporal_stride = stride;
  }
  conv_ = RegisterConvNorm(*this, "conv3d", "bn", norm, conv);
  if (separable) {
    ConvOptions temporal;
    temporal.in = temporal.out = out;
    temporal.temporal_kernel = kernel;
    temporal.temporal_stride = stride;
    temporal.pad = stride == 1;
    temporal_ = RegisterConvNorm(*this, "conv3d_t", "bn_t", norm, temporal);
  }
  if (gated) {
    gate_ = register_module("gate", torch::nn::Linear(out, out));
    at::NoGradGuard no_grad;
    gate_->weight.normal_(0, 0.01);
    gate_->bias.zero_();
  }
}

at::Tensor InceptionUnit::Forward(at::Tensor x) {
  if (stride_ > 1) {
    x = temporal_ ? PadSame(x, {1, kernel_, kernel_}, {1, stride_, stride_})
                  : PadSame(x, {kernel_, kernel_, kernel_}, {stride_, stride_, stride_});
  }
  x = conv_.Forward(x, Activation::kRelu);
  if (temporal_) {
    if (stride_ > 1) x = PadSame(x, {kernel_, 1, 1}, {stride_, 1, 1});
    x = temporal_.Forward(x, Activation::kRelu);
  }
  if (gate_.is_empty()) return x;
  const at::Tensor gate = gate_->forward(x.mean({2, 3, 4})).sigmoid();
  return x * gate.to(x.scalar_type()).reshape({x.size(0), x.size(1), 1, 1, 1});
}

InceptionModule::InceptionModule(const Inception3dOptions& options, int64_t in,
                                 const InceptionModuleWidths& widths) {
  const auto add = [&](const char* name, int64_t from, int64_t to, int64_t kernel, bool last) {
    return register_module(
        name, std::make_shared<InceptionUnit>(options, from, to, kernel, 1, last && options.gating));
  };
  b0_ = add("b0", in, widths.b0, 1, true);
  b1a_ = add("b1a", in, widths.b1a, 1, false);
  b1b_ = add("b1b", widths.b1a, widths.b1b, 3, true);
  b2a_ = add("b2a", in, widths.b2a, 1, false);
  b2b_ = add("b2b", widths.b2a, widths.b2b, 3, true);
  b3b_ = add("b3b", in, widths.b3b, 1, true);
}

at::Tensor InceptionModule::Forward(const at::Tensor& x) {
  return at::cat({b0_->Forward(x), b1b_->Forward(b1a_->Forward(x)), b2b_->Forward(b2a_->Forward(x)),
                  b3b_->Forward(MaxPoolSame(x, {3, 3, 3}, {1, 1, 1}))},
                 1);
}

Inception3d::Inception3d(const Inception3dOptions& options) : options_(options), modules_(kInceptionSteps) {
  TORCH_CHECK(options.last >= InceptionStep::kConv2c, "Inception3d: expected a last step from ",
              NameOf(InceptionStep::kConv2c), " on, got ", NameOf(options.last));
  const auto channels = [&](InceptionStep step) { return ChannelsAfter(options, step); };
  const auto unit = [&](InceptionStep step, int64_t in, int64_t kernel, int64_t stride, bool gated) {
    return register_module(NameOf(step), std::make_shared<InceptionUnit>(options, in, channels(step), kernel,
                                                                         stride, gated && options.gating));
  };
  conv1a_ = unit(InceptionStep::kConv1a, options.input_channels, 7, 2, false);
  conv2b_ = unit(InceptionStep::kConv2b, channels(InceptionStep::kConv1a), 1, 1, false);
  conv2c_ = unit(InceptionStep::kConv2c, channels(InceptionStep::kConv2b), 3, 1, true);
  for (int s = static_cast<int>(InceptionStep::kMixed3b); s <= static_cast<int>(options.last); ++s) {
    const auto step = static_cast<InceptionStep>(s), before = static_cast<InceptionStep>(s - 1);
    const InceptionModuleWidths widths = WidthsOf(options, step);
    if (widths.b0 == 0) continue;  // a pooling
    modules_[s] =
        register_module(NameOf(step), std::make_shared<InceptionModule>(options, channels(before), widths));
  }
}

at::Tensor Inception3d::Step(InceptionStep step, const at::Tensor& x) {
  switch (step) {
    case InceptionStep::kConv1a:
      return conv1a_->Forward(x);
    case InceptionStep::kConv2b:
      return conv2b_->Forward(x);
    case InceptionStep::kConv2c:
      return conv2c_->Forward(x);
    case InceptionStep::kPool2a:
    case InceptionStep::kPool3a:
      return MaxPoolSame(x, {1, 3, 3}, {1, 2, 2});
    case InceptionStep::kPool4a:
      return MaxPoolSame(x, {3, 3, 3}, {2, 2, 2});
    case InceptionStep::kPool5a:
      return MaxPoolSame(x, {2, options_.last_stride, options_.last_stride},
                         {2, options_.last_stride, options_.last_stride});
    default: {
      InceptionModule& module = *modules_[static_cast<size_t>(step)];
      return ops::Recomputed([&module] { return module.parameters(); }, x,
                             [&module](const at::Tensor& y) { return module.Forward(y); });
    }
  }
}

at::Tensor Inception3d::Forward(at::Tensor x, InceptionStep from, InceptionStep to, Taps* taps,
                                const std::string& prefix) {
  TORCH_CHECK(from <= to && to <= options_.last, "Inception3d: steps ", NameOf(from), " to ", NameOf(to),
              " of a network that ends with ", NameOf(options_.last));
  const int64_t channels =
      from == InceptionStep::kConv1a
          ? options_.input_channels
          : ChannelsAfter(options_, static_cast<InceptionStep>(static_cast<int>(from) - 1));
  TORCH_CHECK(x.dim() == 5 && x.size(1) == channels, "Inception3d: expected [B,", channels, ",T,h,w] before ",
              NameOf(from), ", got ", x.sizes());
  x = x.contiguous(at::MemoryFormat::ChannelsLast3d);
  for (int s = static_cast<int>(from); s <= static_cast<int>(to); ++s) {
    const auto step = static_cast<InceptionStep>(s);
    x = Step(step, x);
    Note(taps, prefix + NameOf(step), x);
  }
  return x;
}

at::Tensor Inception3d::Forward(const at::Tensor& x, Taps* taps, const std::string& prefix) {
  return Forward(x, InceptionStep::kConv1a, options_.last, taps, prefix);
}

}  // namespace mrsn

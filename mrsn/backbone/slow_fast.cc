#include "mrsn/backbone/slow_fast.h"

#include <ATen/ATen.h>

#include <string>
#include <utility>

namespace mrsn {
namespace {

// Each stage but the first takes what the lateral of the stage before it adds.
SlowFastOptions WithLateralChannels(SlowFastOptions options) {
  TORCH_CHECK(options.slow.stages.size() == options.fast.stages.size(), "SlowFast: pathways of ",
              options.slow.stages.size(), " and ", options.fast.stages.size(), " stages");
  int64_t fast_channels = options.fast.stem_channels;
  for (size_t s = 0; s < options.slow.stages.size(); ++s) {
    options.slow.stages[s].lateral_channels = options.lateral.ratio * fast_channels;
    fast_channels = options.fast.stages[s].channels;
  }
  return options;
}

}  // namespace

SlowFast::SlowFast(SlowFastOptions options)
    : options_(WithLateralChannels(std::move(options))),
      slow_(register_module("slow", std::make_shared<ResNet3d>(options_.slow))),
      fast_(register_module("fast", std::make_shared<ResNet3d>(options_.fast))) {
  TORCH_CHECK(slow_->stride() == fast_->stride(), "SlowFast: pathways of strides ", slow_->stride(), " and ",
              fast_->stride());
  ConvOptions conv;
  conv.in = options_.fast.stem_channels;
  conv.temporal_kernel = options_.lateral.kernel;
  conv.temporal_stride = options_.alpha;
  conv.bias = options_.lateral.bias;
  conv.norm = options_.lateral.norm_and_relu;
  for (size_t s = 0; s < options_.fast.stages.size(); ++s) {
    const std::string after = s == 0 ? "stem" : ResNet3d::StageName(s - 1);
    conv.out = conv.in * options_.lateral.ratio;
    const auto owner = register_module("lateral_" + after, std::make_shared<torch::nn::Module>());
    laterals_.push_back(RegisterConvNorm(*owner, "conv", "norm", options_.fast, conv));
    conv.in = options_.fast.stages[s].channels;
  }
}

at::Tensor SlowFast::Forward(const Clip& clip, Taps* taps) {
  const at::Tensor &slow = clip.slow, &fast = clip.fast;
  TORCH_CHECK(fast.defined() && fast.dim() == 5 && fast.size(0) == slow.size(0) &&
                  fast.size(2) == options_.alpha * slow.size(2) && fast.size(3) == slow.size(3) &&
                  fast.size(4) == slow.size(4),
              "fast: expected [", slow.size(0), ",3,", options_.alpha * slow.size(2), ",", slow.size(3), ",",
              slow.size(4), "], got ", fast.defined() ? fast.sizes() : at::IntArrayRef());
  const Activation activation = options_.lateral.norm_and_relu ? Activation::kRelu : Activation::kNone;
  at::Tensor x = slow_->Stem(slow), y = fast_->Stem(fast);
  for (size_t s = 0; s < laterals_.size(); ++s) {
    const std::string before = s == 0 ? "stem" : ResNet3d::StageName(s - 1);
    Note(taps, "slow." + before, x);
    Note(taps, "fast." + before, y);
    x = at::cat({x, laterals_[s].Forward(y, activation)}, 1);
    Note(taps, "slow." + before + "_fused", x);
    x = slow_->Stage(s, x);
    y = fast_->Stage(s, y);
  }
  const std::string last = ResNet3d::StageName(laterals_.size() - 1);
  Note(taps, "slow." + last, x);
  Note(taps, "fast." + last, y);
  return at::cat({PoolOverTime(x, options_.pool), PoolOverTime(y, options_.pool)}, 1);
}

}  // namespace mrsn

#include "mrsn/baselines/step/step_modules.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "ops/dropout/shared_dropout.h"

namespace mrsn::baselines {
namespace {

constexpr int64_t kRoiCells = 7 * 7, kMixedWidth = 1024, kLocalWidth = 1024, kInnerWidth = 256,
                  kReducedWidth = 256;

Inception3dOptions InceptionOf(const StepOptions& options, InceptionStep last, int64_t input_channels = 3) {
  Inception3dOptions inception;
  inception.input_channels = input_channels;
  inception.last = last;
  inception.width_divisor = options.width_divisor;
  inception.batch_norm_momentum = options.batch_norm_momentum;
  return inception;
}

// Xavier-normal, bias 0: the public code's start for layers without weights of Kinetics.
template <typename Layer>
Layer Started(Layer layer) {
  at::NoGradGuard no_grad;
  const int64_t cells = layer->weight.numel() / (layer->weight.size(0) * layer->weight.size(1));
  const auto fans = static_cast<double>((layer->weight.size(0) + layer->weight.size(1)) * cells);
  layer->weight.normal_(0, std::sqrt(2 / fans));
  if (layer->bias.defined()) layer->bias.zero_();
  return layer;
}

torch::nn::Conv2d LocalConv(int64_t inputs, int64_t outputs, int64_t kernel, bool bias = false) {
  return Started(
      torch::nn::Conv2d(torch::nn::Conv2dOptions(inputs, outputs, kernel).padding(kernel / 2).bias(bias)));
}

// 3 x 3 with stride 2, ceil(size / 2) cells, padded as TensorFlow does (inception3d.h).
at::Tensor PoolMap(const at::Tensor& map) {
  return at::max_pool3d(map, {1, 3, 3}, {1, 2, 2}, {0, map.size(3) % 2, map.size(4) % 2}, {1, 1, 1},
                        /*ceil_mode=*/true);
}

}  // namespace

StepBackbone::StepBackbone(const StepOptions& options)
    : rgb_(register_module("rgb",
                           std::make_shared<Inception3d>(InceptionOf(options, InceptionStep::kMixed4f)))) {
  if (options.flow) {
    flow_ = register_module("flow",
                            std::make_shared<Inception3d>(InceptionOf(options, InceptionStep::kMixed4f, 2)));
  }
}

int64_t StepBackbone::channels() const {
  return rgb_->channels() + (flow_ != nullptr ? flow_->channels() : 0);
}

at::Tensor StepBackbone::Forward(const Clip& clip) {
  const at::Tensor rgb = rgb_->Forward(clip.slow);
  if (flow_ == nullptr) return rgb;
  TORCH_CHECK(clip.flow.defined() && clip.flow.dim() == 5 && clip.flow.size(0) == clip.slow.size(0) &&
                  clip.flow.sizes().slice(2) == clip.slow.sizes().slice(2),
              "flow: expected [B,2,T,H,W] of slow's ", clip.slow.sizes());
  return at::cat({rgb, flow_->Forward(clip.flow)}, 1);
}

Mixed5::Mixed5(const StepOptions& options, int64_t inputs) {
  const Inception3dOptions inception = InceptionOf(options, InceptionStep::kMixed5c);
  mixed_5b_ = register_module(
      "mixed_5b",
      std::make_shared<InceptionModule>(inception, inputs, WidthsOf(inception, InceptionStep::kMixed5b)));
  mixed_5c_ = register_module("mixed_5c", std::make_shared<InceptionModule>(
                                              inception, ChannelsAfter(inception, InceptionStep::kMixed5b),
                                              WidthsOf(inception, InceptionStep::kMixed5c)));
}

at::Tensor Mixed5::Forward(const at::Tensor& x) { return mixed_5c_->Forward(mixed_5b_->Forward(x)); }

StepContext::StepContext(const StepOptions& options, int64_t channels)
    : mixed_(register_module("mixed", std::make_shared<Mixed5>(options, channels))) {}

at::Tensor StepContext::Forward(const at::Tensor& map) {
  return mixed_->Forward(PoolMap(map)).mean({3, 4}).transpose(1, 2);
}

StepHead::StepHead(const StepOptions& options, int64_t channels, bool anticipates)
    : dropout_(options.dropout),
      mixed_(register_module("mixed", std::make_shared<Mixed5>(options, channels))) {
  const auto width = [&](int64_t full) { return full / options.width_divisor; };
  const int64_t reduced = width(kReducedWidth), flat = reduced * kRoiCells, local = width(kLocalWidth);
  reduce_global_ = register_module(
      "reduce_global", Started(torch::nn::Conv3d(torch::nn::Conv3dOptions(width(kMixedWidth), reduced, 1))));
  classifier_ =
      register_module("classifier", Started(torch::nn::Linear(flat + width(kMixedWidth), options.classes)));
  shortcut_ = register_module("shortcut", LocalConv(channels + reduced, local, 1));
  for (int block = 0; block < 3; ++block) {
    const int64_t inputs = block == 0 ? channels + reduced : local, inner = width(kInnerWidth);
    const std::string name = "local" + std::to_string(block);
    local_.push_back(register_module(name + "_1", LocalConv(inputs, inner, 1)));
    local_.push_back(register_module(name + "_2", LocalConv(inner, inner, 3)));
    local_.push_back(register_module(name + "_3", LocalConv(inner, local, 1)));
  }
  reduce_local_ = register_module("reduce_local", LocalConv(local, reduced, 1, /*bias=*/true));
  regressor_ = register_module("regressor", Started(torch::nn::Linear(flat, 4)));
  if (anticipates) {
    before_ = register_module("before", Started(torch::nn::Linear(flat, 4)));
    after_ = register_module("after", Started(torch::nn::Linear(flat, 4)));
  }
}

at::Tensor StepHead::Bottleneck(size_t first, const at::Tensor& x, const at::Tensor& residual) {
  at::Tensor y = local_[first]->forward(x).relu();
  y = local_[first + 1]->forward(y).relu();
  return (local_[first + 2]->forward(y) + residual).relu();
}

StepPredictions StepHead::Forward(const at::Tensor& rois, const at::Tensor& context) {
  const int64_t proposals = rois.size(0), positions = rois.size(2);
  const at::Tensor global = reduce_global_->forward(mixed_->Forward(rois));
  const at::Tensor features =
      at::cat({global.transpose(1, 2).flatten(2), context}, 2);  // [M,P,256 * 49 + 1024]
  StepPredictions predictions;
  const auto dropout = [&](const at::Tensor& values) {  // of the same number of rows for each clip
    return ops::SharedDropout(values, dropout_, is_training(), {{ops::RowKind::kClips, 0}});
  };
  predictions.logits = classifier_->forward(dropout(features)).mean(1);

  // Through [M,P,7,7,C], as it lies in memory, to [M P,C,7,7].
  at::Tensor x = at::cat({rois, global}, 1).permute({0, 2, 3, 4, 1}).flatten(0, 1).permute({0, 3, 1, 2});
  x = Bottleneck(0, x, shortcut_->forward(x));
  x = Bottleneck(3, x, x);
  x = Bottleneck(6, x, x);
  // Convolutions of a single clip may leave another order in memory than those of several: the mask, which is
  // drawn in that order, would not be the same in a process that has one clip of the batch.
  x = reduce_local_->forward(x).contiguous(at::MemoryFormat::ChannelsLast);
  x = dropout(x).flatten(1).unflatten(0, {proposals, positions});
  predictions.offsets = regressor_->forward(x);
  if (!before_.is_empty()) {
    predictions.before = predictions.offsets + before_->forward(x);
    predictions.after = predictions.offsets + after_->forward(x);
  }
  return predictions;
}

}  // namespace mrsn::baselines

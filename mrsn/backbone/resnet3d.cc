#include "mrsn/backbone/resnet3d.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "mrsn/backbone/slow_only.h"

namespace mrsn {
namespace {

using Block = ResNet3dOptions::Block;
using StageOptions = ResNet3dOptions::Stage;

// Size-preserving (before the stride) spatially and in time.
torch::nn::Conv3d MakeConv(int64_t in, int64_t out, int64_t temporal_kernel, int64_t kernel,
                           int64_t stride = 1, int64_t dilation = 1) {
  torch::nn::Conv3d conv(torch::nn::Conv3dOptions(in, out, {temporal_kernel, kernel, kernel})
                             .stride({1, stride, stride})
                             .padding({temporal_kernel / 2, kernel / 2 * dilation, kernel / 2 * dilation})
                             .dilation({1, dilation, dilation})
                             .bias(false));
  at::NoGradGuard no_grad;
  const double fan_out = static_cast<double>(out * temporal_kernel * kernel * kernel);
  conv->weight.normal_(0, std::sqrt(2 / fan_out));
  return conv;
}

torch::nn::BatchNorm3d MakeNorm(const ResNet3dOptions& options, int64_t channels, bool zero = false) {
  torch::nn::BatchNorm3d norm(torch::nn::BatchNorm3dOptions(channels)
                                  .eps(options.batch_norm_epsilon)
                                  .momentum(options.batch_norm_momentum));
  at::NoGradGuard no_grad;
  if (zero) norm->weight.zero_();
  return norm;
}

}  // namespace

std::vector<StageOptions> SlowR50Stages(int64_t width) {
  //       blocks, channels, inner, stride, dilation, temporal kernel, in so many blocks
  return {{3, 4 * width, width, 1, 1, 1, 0},
          {4, 8 * width, 2 * width, 2, 1, 1, 0},
          {6, 16 * width, 4 * width, 2, 1, 3, 6},
          {3, 32 * width, 8 * width, 1, 2, 3, 3}};
}

ResNet3dBlock::ResNet3dBlock(const ResNet3dOptions& options, const StageOptions& stage,
                             int64_t input_channels, int64_t stride, int64_t temporal_kernel) {
  const bool zero = options.zero_init_last_batch_norm;
  const int64_t in = input_channels, inner = stage.inner_channels, out = stage.channels;
  switch (options.block) {
    case Block::kBottleneck:
      conv_a_ = register_module("conv_a", MakeConv(in, inner, temporal_kernel, 1));
      norm_a_ = register_module("norm_a", MakeNorm(options, inner));
      conv_b_ = register_module("conv_b", MakeConv(inner, inner, 1, 3, stride, stage.dilation));
      norm_b_ = register_module("norm_b", MakeNorm(options, inner));
      conv_c_ = register_module("conv_c", MakeConv(inner, out, 1, 1));
      norm_c_ = register_module("norm_c", MakeNorm(options, out, zero));
      break;
    case Block::kBasic:
      conv_a_ = register_module("conv_a", MakeConv(in, out, temporal_kernel, 3, stride, stage.dilation));
      norm_a_ = register_module("norm_a", MakeNorm(options, out));
      conv_b_ = register_module("conv_b", MakeConv(out, out, 1, 3, 1, stage.dilation));
      norm_b_ = register_module("norm_b", MakeNorm(options, out, zero));
      break;
  }
  if (in != out || stride != 1) {
    shortcut_ = register_module("shortcut", MakeConv(in, out, 1, 1, stride));
    shortcut_norm_ = register_module("shortcut_norm", MakeNorm(options, out));
  }
}

at::Tensor ResNet3dBlock::Forward(const at::Tensor& x) {
  at::Tensor branch = norm_a_(conv_a_(x)).relu_();
  branch = norm_b_(conv_b_(branch));
  if (conv_c_) branch = norm_c_(conv_c_(branch.relu_()));
  return (branch + (shortcut_ ? shortcut_norm_(shortcut_(x)) : x)).relu_();
}

ResNet3d::ResNet3d(const ResNet3dOptions& options)
    : stem_pool_(options.stem_pool),
      channels_(options.stem_channels),
      stride_(options.stem_stride * (options.stem_pool ? 2 : 1)),
      stem_(register_module(
          "stem", MakeConv(options.input_channels, options.stem_channels, options.stem_temporal_kernel,
                           options.stem_kernel, options.stem_stride))),
      stem_norm_(register_module("stem_norm", MakeNorm(options, options.stem_channels))) {
  for (const StageOptions& stage : options.stages) {
    const std::string name = "res" + std::to_string(stages_.size() + 2) + "_";
    auto& blocks = stages_.emplace_back();
    for (int64_t b = 0; b < stage.blocks; ++b) {
      blocks.push_back(register_module(
          name + std::to_string(b),
          std::make_shared<ResNet3dBlock>(options, stage, channels_, b == 0 ? stage.stride : 1,
                                          b < stage.temporal_blocks ? stage.temporal_kernel : 1)));
      channels_ = stage.channels;
    }
    stride_ *= stage.stride;
  }
}

at::Tensor ResNet3d::Stem(const at::Tensor& x) {
  const at::Tensor y = stem_norm_(stem_(x)).relu_();
  return stem_pool_ ? at::max_pool3d(y, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}) : y;
}

at::Tensor ResNet3d::Stage(size_t index, at::Tensor x) {
  for (const auto& block : stages_[index]) x = block->Forward(x);
  return x;
}

at::Tensor ResNet3d::Forward(const at::Tensor& x) {
  at::Tensor y = Stem(x);
  for (size_t s = 0; s < stages_.size(); ++s) y = Stage(s, y);
  return y;
}

at::Tensor SlowOnly::Forward(const at::Tensor& slow, const at::Tensor&) {
  return resnet_->Forward(slow).mean(2);  // [B,C,T,h,w] -> [B,C,h,w]
}

void Backbone::SetBatchNormFrozen(bool frozen) {
  batch_norm_frozen_ = frozen;
  for (const auto& module : modules(/*include_self=*/false)) {
    if (auto* norm = module->as<torch::nn::BatchNorm3d>()) {
      norm->weight.set_requires_grad(!frozen);
      norm->bias.set_requires_grad(!frozen);
    }
  }
  train(is_training());
}

void Backbone::train(bool on) {
  torch::nn::Module::train(on);
  if (!batch_norm_frozen_) return;
  for (const auto& module : modules(/*include_self=*/false)) {
    if (auto* norm = module->as<torch::nn::BatchNorm3d>()) norm->eval();
  }
}

}  // namespace mrsn

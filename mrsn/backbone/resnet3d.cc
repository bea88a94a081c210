#include "mrsn/backbone/resnet3d.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "ops/recompute/recompute.h"

namespace mrsn {
namespace {

using Block = ResNet3dOptions::Block;
using StageOptions = ResNet3dOptions::Stage;

// Blocks of a stage that are computed again together in an ops::RecomputeScope. Each stage has half the cells
// of the one before, so that a stage of R-50 is about one part; the 23 blocks of R-101's res4 are several.
constexpr size_t kBlocksAtOnce = 4;

}  // namespace

ConvNorm RegisterConvNorm(torch::nn::Module& owner, const std::string& name, const std::string& norm_name,
                          const torch::nn::BatchNormOptions& norm_options, const ConvOptions& conv) {
  const int64_t time = conv.pad ? conv.temporal_kernel / 2 : 0;
  const int64_t space = conv.pad ? conv.kernel / 2 * conv.dilation : 0;
  torch::nn::Conv3d module(
      torch::nn::Conv3dOptions(conv.in, conv.out, {conv.temporal_kernel, conv.kernel, conv.kernel})
          .stride({conv.temporal_stride, conv.stride, conv.stride})
          .padding({time, space, space})
          .dilation({1, conv.dilation, conv.dilation})
          .bias(conv.bias));
  torch::nn::BatchNorm3d norm{nullptr};
  at::NoGradGuard no_grad;
  const double fan_out = static_cast<double>(conv.out * conv.temporal_kernel * conv.kernel * conv.kernel);
  module->weight.normal_(0, std::sqrt(2 / fan_out));
  if (conv.bias) module->bias.zero_();
  owner.register_module(name, module);
  if (conv.norm) {
    norm = torch::nn::BatchNorm3d(norm_options);
    if (conv.zero_norm) norm->weight.zero_();
    owner.register_module(norm_name, norm);
  }
  return ConvNorm(std::move(module), std::move(norm));
}

ConvNorm RegisterConvNorm(torch::nn::Module& owner, const std::string& name, const std::string& norm_name,
                          const ResNet3dOptions& options, const ConvOptions& conv) {
  return RegisterConvNorm(owner, name, norm_name,
                          torch::nn::BatchNormOptions(conv.out)
                              .eps(options.batch_norm_epsilon)
                              .momentum(options.batch_norm_momentum),
                          conv);
}

ResNet3dBlock::ResNet3dBlock(const ResNet3dOptions& options, const StageOptions& stage,
                             int64_t input_channels, int64_t stride, int64_t temporal_kernel) {
  const int64_t in = input_channels, inner = stage.inner_channels, out = stage.channels;
  const auto add = [&](const std::string& suffix, const ConvOptions& conv) {
    return RegisterConvNorm(*this, "conv_" + suffix, "norm_" + suffix, options, conv);
  };
  ConvOptions a, b, c, shortcut;
  a.in = in;
  a.temporal_kernel = temporal_kernel;
  b.kernel = 3;
  b.dilation = stage.dilation;
  c.out = out;
  switch (options.block) {
    case Block::kBottleneck:
      a.out = b.in = b.out = c.in = inner;
      b.stride = stride;
      c.zero_norm = options.zero_init_last_batch_norm;
      break;
    case Block::kBasic:
      a.out = b.in = b.out = out;
      a.kernel = 3;
      a.stride = stride;
      a.dilation = stage.dilation;
      b.zero_norm = options.zero_init_last_batch_norm;
      break;
  }
  a_ = add("a", a);
  b_ = add("b", b);
  if (options.block == Block::kBottleneck) c_ = add("c", c);
  if (in != out || stride != 1) {
    shortcut.in = in;
    shortcut.out = out;
    shortcut.stride = stride;
    shortcut_ = RegisterConvNorm(*this, "shortcut", "shortcut_norm", options, shortcut);
  }
}

at::Tensor ResNet3dBlock::Forward(const at::Tensor& x) {
  const at::Tensor shortcut = shortcut_ ? shortcut_.Forward(x, Activation::kNone) : x;
  const at::Tensor a = a_.Forward(x, Activation::kRelu);
  if (!c_) return b_.Forward(a, Activation::kRelu, shortcut);
  return c_.Forward(b_.Forward(a, Activation::kRelu), Activation::kRelu, shortcut);
}

NonLocalBlock::NonLocalBlock(const ResNet3dOptions& options, int64_t channels) : options_(options.nonlocal) {
  ConvOptions in, out;
  in.in = out.out = channels;
  in.out = out.in = channels / 2;
  in.bias = out.bias = true;
  in.norm = false;
  // As published: a fresh block changes nothing.
  out.zero_norm = true;
  theta_ = RegisterConvNorm(*this, "theta", "", options, in);
  phi_ = RegisterConvNorm(*this, "phi", "", options, in);
  g_ = RegisterConvNorm(*this, "g", "", options, in);
  out_ = RegisterConvNorm(*this, "out", "norm", options, out);
}

at::Tensor NonLocalBlock::Forward(const at::Tensor& x) {
  const auto& pool = options_.pool;
  const bool pooled = std::any_of(pool.begin(), pool.end(), [](int64_t p) { return p > 1; });
  const at::Tensor keys_from = pooled ? at::max_pool3d(x, pool, pool) : x;
  const at::Tensor queries = theta_.Forward(x, Activation::kNone);  // [B,c,T,h,w]
  const at::Tensor theta = queries.flatten(2).transpose(1, 2);      // [B,P,c]
  const at::Tensor phi = phi_.Forward(keys_from, Activation::kNone).flatten(2);
  const at::Tensor g = g_.Forward(keys_from, Activation::kNone).flatten(2).transpose(1, 2);  // [B,P',c]
  at::Tensor affinity = at::matmul(theta, phi);                                              // [B,P,P']
  switch (options_.affinity) {
    case NonLocalOptions::Affinity::kDotProduct:
      affinity = affinity / affinity.size(2);
      break;
    case NonLocalOptions::Affinity::kSoftmax:
      affinity = (affinity / std::sqrt(static_cast<double>(theta.size(2)))).softmax(2);
      break;
  }
  // [B,P,c] seen as [B,c,T,h,w] is channels_last_3d already.
  const at::Tensor mixed =
      at::matmul(affinity, g).transpose(1, 2).unflatten(2, {x.size(2), x.size(3), x.size(4)});
  return out_.Forward(mixed, Activation::kNone, x);
}

ResNet3d::ResNet3d(const ResNet3dOptions& options)
    : stem_pool_(options.stem_pool),
      stem_pool_padding_(options.stem_pool_padding),
      res2_pool_(options.res2_pool),
      channels_(options.stem_channels),
      stride_(StrideOf(options)) {
  ConvOptions stem;
  stem.in = options.input_channels;
  stem.out = options.stem_channels;
  stem.temporal_kernel = options.stem_temporal_kernel;
  stem.kernel = options.stem_kernel;
  stem.stride = options.stem_stride;
  stem_ = RegisterConvNorm(*this, "stem", "stem_norm", options, stem);
  for (const StageOptions& stage : options.stages) {
    const std::string name = StageName(stages_.size()) + "_";
    auto& blocks = stages_.emplace_back();
    channels_ += stage.lateral_channels;
    for (int64_t b = 0; b < stage.blocks; ++b) {
      NamedBlock& added = blocks.emplace_back();
      added.block = register_module(
          name + std::to_string(b),
          std::make_shared<ResNet3dBlock>(options, stage, channels_, b == 0 ? stage.stride : 1,
                                          b < stage.temporal_blocks ? stage.temporal_kernel : 1));
      channels_ = stage.channels;
      if (std::count(stage.nonlocal.begin(), stage.nonlocal.end(), b) > 0) {
        added.nonlocal = register_module(name + std::to_string(b) + "_nonlocal",
                                         std::make_shared<NonLocalBlock>(options, channels_));
      }
    }
  }
}

at::Tensor ResNet3d::Stem(const at::Tensor& x) {
  const at::Tensor y = stem_.Forward(x.contiguous(at::MemoryFormat::ChannelsLast3d), Activation::kRelu);
  if (!stem_pool_) return y;
  const int64_t padding = stem_pool_padding_ ? 1 : 0;
  const at::Tensor maps = y.transpose(1, 2).flatten(0, 1);  // [B T, C, H, W]
  return at::max_pool2d(maps, {3, 3}, {2, 2}, {padding, padding})
      .unflatten(0, {y.size(0), y.size(2)})
      .transpose(1, 2);
}

std::vector<at::Tensor> ResNet3d::ParametersOf(const std::vector<NamedBlock>& blocks, size_t first,
                                               size_t last) {
  std::vector<at::Tensor> parameters;
  for (size_t b = first; b < last; ++b) {
    for (const at::Tensor& parameter : blocks[b].block->parameters()) parameters.push_back(parameter);
    if (!blocks[b].nonlocal) continue;
    for (const at::Tensor& parameter : blocks[b].nonlocal->parameters()) parameters.push_back(parameter);
  }
  return parameters;
}

at::Tensor ResNet3d::Stage(size_t index, at::Tensor x) {
  const std::vector<NamedBlock>& blocks = stages_[index];
  for (size_t first = 0; first < blocks.size(); first += kBlocksAtOnce) {
    const size_t last = std::min(blocks.size(), first + kBlocksAtOnce);
    x = ops::Recomputed([&] { return ParametersOf(blocks, first, last); }, x,
                        [&blocks, first, last](at::Tensor y) {
                          for (size_t b = first; b < last; ++b) {
                            y = blocks[b].block->Forward(y);
                            if (blocks[b].nonlocal) y = blocks[b].nonlocal->Forward(y);
                          }
                          return y;
                        });
  }
  if (index > 0 || res2_pool_ == 1) return x;
  return at::max_pool3d(x, {res2_pool_, 1, 1}, {res2_pool_, 1, 1}, /*padding=*/0, /*dilation=*/1,
                        /*ceil_mode=*/true);
}

at::Tensor ResNet3d::Forward(const at::Tensor& x, Taps* taps, const std::string& prefix) {
  at::Tensor y = Stem(x);
  Note(taps, prefix + "stem", y);
  for (size_t s = 0; s < stages_.size(); ++s) {
    y = Stage(s, y);
    Note(taps, prefix + StageName(s), y);
  }
  return y;
}

}  // namespace mrsn

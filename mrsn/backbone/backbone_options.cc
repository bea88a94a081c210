#include "mrsn/backbone/backbone_options.h"

namespace mrsn {

int64_t ChannelsOf(const ResNet3dOptions& options) {
  return options.stages.empty() ? options.stem_channels : options.stages.back().channels;
}

int64_t StrideOf(const ResNet3dOptions& options) {
  int64_t stride = options.stem_stride * (options.stem_pool ? 2 : 1);
  for (const ResNet3dOptions::Stage& stage : options.stages) stride *= stage.stride;
  return stride;
}

std::vector<ResNet3dOptions::Stage> SlowStages(int64_t depth, int64_t width) {
  const int64_t blocks4 = depth == 101 ? 23 : 6;
  //       blocks, channels, inner, stride, dilation, temporal kernel, in so many blocks
  return {{3, 4 * width, width, 1, 1, 1, 0},
          {4, 8 * width, 2 * width, 2, 1, 1, 0},
          {blocks4, 16 * width, 4 * width, 2, 1, 3, blocks4},
          {3, 32 * width, 8 * width, 1, 2, 3, 3}};
}

ResNet3dOptions FastPathway(const ResNet3dOptions& slow, const FastPathwayOptions& options) {
  ResNet3dOptions fast = slow;
  fast.stem_channels /= options.beta_inverse;
  fast.stem_temporal_kernel = options.stem_temporal_kernel;
  for (ResNet3dOptions::Stage& stage : fast.stages) {
    stage.channels /= options.beta_inverse;
    stage.inner_channels /= options.beta_inverse;
    if (stage.temporal_kernel == 1) stage.temporal_blocks = stage.blocks;
    stage.temporal_kernel = options.temporal_kernel;
    stage.nonlocal.clear();
  }
  return fast;
}

const char* NameOf(InceptionStep step) {
  switch (step) {
    case InceptionStep::kConv1a:
      return "conv3d_1a_7x7";
    case InceptionStep::kPool2a:
      return "maxpool3d_2a_3x3";
    case InceptionStep::kConv2b:
      return "conv3d_2b_1x1";
    case InceptionStep::kConv2c:
      return "conv3d_2c_3x3";
    case InceptionStep::kPool3a:
      return "maxpool3d_3a_3x3";
    case InceptionStep::kMixed3b:
      return "mixed_3b";
    case InceptionStep::kMixed3c:
      return "mixed_3c";
    case InceptionStep::kPool4a:
      return "maxpool3d_4a_3x3";
    case InceptionStep::kMixed4b:
      return "mixed_4b";
    case InceptionStep::kMixed4c:
      return "mixed_4c";
    case InceptionStep::kMixed4d:
      return "mixed_4d";
    case InceptionStep::kMixed4e:
      return "mixed_4e";
    case InceptionStep::kMixed4f:
      return "mixed_4f";
    case InceptionStep::kPool5a:
      return "maxpool3d_5a_2x2";
    case InceptionStep::kMixed5b:
      return "mixed_5b";
    case InceptionStep::kMixed5c:
      return "mixed_5c";
  }
  return "";
}

InceptionModuleWidths WidthsOf(const Inception3dOptions& options, InceptionStep module) {
  const auto divided = [d = options.width_divisor](InceptionModuleWidths w) -> InceptionModuleWidths {
    return {w.b0 / d, w.b1a / d, w.b1b / d, w.b2a / d, w.b2b / d, w.b3b / d};
  };
  switch (module) {
    case InceptionStep::kMixed3b:
      return divided({64, 96, 128, 16, 32, 32});
    case InceptionStep::kMixed3c:
      return divided({128, 128, 192, 32, 96, 64});
    case InceptionStep::kMixed4b:
      return divided({192, 96, 208, 16, 48, 64});
    case InceptionStep::kMixed4c:
      return divided({160, 112, 224, 24, 64, 64});
    case InceptionStep::kMixed4d:
      return divided({128, 128, 256, 24, 64, 64});
    case InceptionStep::kMixed4e:
      return divided({112, 144, 288, 32, 64, 64});
    case InceptionStep::kMixed4f:
    case InceptionStep::kMixed5b:
      return divided({256, 160, 320, 32, 128, 128});
    case InceptionStep::kMixed5c:
      return divided({384, 192, 384, 48, 128, 128});
    default:
      return {};
  }
}

int64_t ChannelsAfter(const Inception3dOptions& options, InceptionStep step) {
  switch (step) {
    case InceptionStep::kConv1a:
    case InceptionStep::kPool2a:
    case InceptionStep::kConv2b:
      return 64 / options.width_divisor;
    case InceptionStep::kConv2c:
    case InceptionStep::kPool3a:
      return 192 / options.width_divisor;
    case InceptionStep::kPool4a:
      return ChannelsAfter(options, InceptionStep::kMixed3c);
    case InceptionStep::kPool5a:
      return ChannelsAfter(options, InceptionStep::kMixed4f);
    default: {
      const InceptionModuleWidths widths = WidthsOf(options, step);
      return widths.b0 + widths.b1b + widths.b2b + widths.b3b;
    }
  }
}

int64_t StrideAfter(const Inception3dOptions& options, InceptionStep step) {
  if (step < InceptionStep::kPool2a) return 2;
  if (step < InceptionStep::kPool3a) return 4;
  if (step < InceptionStep::kPool4a) return 8;
  if (step < InceptionStep::kPool5a) return 16;
  return 16 * options.last_stride;
}

int64_t ChannelsOf(const Inception3dOptions& options) { return ChannelsAfter(options, options.last); }
int64_t ChannelsOf(const TwoStreamOptions::Stream& stream) {
  return std::visit([](const auto& network) { return ChannelsOf(network); }, stream);
}
int64_t ChannelsOf(const SlowOnlyOptions& options) { return ChannelsOf(options.resnet); }
int64_t ChannelsOf(const SlowFastOptions& options) {
  return ChannelsOf(options.slow) + ChannelsOf(options.fast);
}
int64_t ChannelsOf(const Inception3dBackboneOptions& options) { return ChannelsOf(options.inception); }
int64_t ChannelsOf(const TwoStreamOptions& options) {
  switch (options.fusion) {
    case TwoStreamOptions::Fusion::kAverage:
      break;
    case TwoStreamOptions::Fusion::kConcatenate:
      return ChannelsOf(options.rgb) + ChannelsOf(options.flow);
  }
  return ChannelsOf(options.rgb);
}

int64_t StrideOf(const Inception3dOptions& options) { return StrideAfter(options, options.last); }
int64_t StrideOf(const TwoStreamOptions::Stream& stream) {
  return std::visit([](const auto& network) { return StrideOf(network); }, stream);
}

BackboneNeeds NeedsOf(const SlowOnlyOptions&) { return {}; }
BackboneNeeds NeedsOf(const SlowFastOptions& options) { return {options.alpha, /*flow=*/false}; }
BackboneNeeds NeedsOf(const Inception3dBackboneOptions&) { return {}; }
BackboneNeeds NeedsOf(const TwoStreamOptions&) { return {/*alpha=*/0, /*flow=*/true}; }

}  // namespace mrsn

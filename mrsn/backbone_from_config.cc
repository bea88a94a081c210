#include "mrsn/backbone_from_config.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "mrsn/config_checks.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

absl::StatusOr<ResNet3dOptions::Stage> ReadStage(const ResNet3dConfig::Stage& config, bool bottleneck,
                                                 const std::string& path) {
  if (!config.has_blocks()) return Invalid(path + "blocks", "not set", "1 to 100");
  if (!config.has_channels())
    return Invalid(path + "channels", "not set", absl::StrCat("1 to ", kMaxChannels));
  ResNet3dOptions::Stage stage;
  stage.blocks = config.blocks();
  stage.channels = config.channels();
  MRSN_RETURN_IF_ERROR(InRange(path + "blocks", stage.blocks, 1, 100));
  MRSN_RETURN_IF_ERROR(InRange(path + "channels", stage.channels, 1, kMaxChannels));
  if (config.has_inner_channels() && !bottleneck) {
    return Invalid(path + "inner_channels", absl::StrCat(config.inner_channels()),
                   "not set, with block BASIC");
  }
  stage.inner_channels = MRSN_OR_DEFAULT(config, inner_channels, stage.channels / 4);
  if (bottleneck) {
    MRSN_RETURN_IF_ERROR(InRange(path + "inner_channels", stage.inner_channels, 1, kMaxChannels));
  }
  stage.stride = MRSN_OR_DEFAULT(config, stride, 1);
  stage.dilation = MRSN_OR_DEFAULT(config, dilation, 1);
  stage.temporal_kernel = MRSN_OR_DEFAULT(config, temporal_kernel, 1);
  stage.temporal_blocks = MRSN_OR_DEFAULT(config, temporal_blocks, stage.blocks);
  MRSN_RETURN_IF_ERROR(InRange(path + "stride", stage.stride, 1, 8));
  MRSN_RETURN_IF_ERROR(InRange(path + "dilation", stage.dilation, 1, 16));
  MRSN_RETURN_IF_ERROR(Odd(path + "temporal_kernel", stage.temporal_kernel, 31));
  MRSN_RETURN_IF_ERROR(InRange(path + "temporal_blocks", stage.temporal_blocks, 0, stage.blocks));
  return stage;
}

// R-50's or R-101's stages, as `depth` and the fields beside it say.
absl::StatusOr<std::vector<ResNet3dOptions::Stage>> ReadStandardStages(const ResNet3dConfig& config,
                                                                       int64_t width,
                                                                       const std::string& path) {
  const int64_t depth = MRSN_OR_DEFAULT(config, depth, 50);
  if (depth != 50 && depth != 101) return Invalid(path + "depth", absl::StrCat(depth), "50, 101");
  std::vector<ResNet3dOptions::Stage> stages = SlowStages(depth, width);
  if (config.flat()) {
    if (config.has_res4_temporal_blocks()) {
      return Invalid(path + "res4_temporal_blocks", "set", "only without flat");
    }
    for (ResNet3dOptions::Stage& stage : stages) {
      stage.temporal_kernel = 1;
      stage.temporal_blocks = 0;
    }
  }
  ResNet3dOptions::Stage& res4 = stages[2];
  res4.temporal_blocks = MRSN_OR_DEFAULT(config, res4_temporal_blocks, config.flat() ? 0 : res4.blocks);
  MRSN_RETURN_IF_ERROR(InRange(path + "res4_temporal_blocks", res4.temporal_blocks, 0, res4.blocks));
  stages[3].dilation = MRSN_OR_DEFAULT(config, res5_dilation, 2);
  MRSN_RETURN_IF_ERROR(InRange(path + "res5_dilation", stages[3].dilation, 1, 16));
  return stages;
}

absl::Status CheckNoStandardStages(const ResNet3dConfig& config, const std::string& path) {
  const char* field = config.has_depth()                  ? "depth"
                      : config.has_res4_temporal_blocks() ? "res4_temporal_blocks"
                      : config.has_res5_dilation()        ? "res5_dilation"
                      : config.has_flat()                 ? "flat"
                                                          : nullptr;
  if (field == nullptr) return absl::OkStatus();
  return Invalid(path + field, "set", "only where no stages are given");
}

absl::Status ReadNonLocal(const NonLocalConfig& config, const std::string& path, ResNet3dOptions* options) {
  const int64_t last = static_cast<int64_t>(options->stages.size()) + 1;
  if (!config.has_stage()) return Invalid(path + "stage", "not set", absl::StrCat("2 to ", last));
  MRSN_RETURN_IF_ERROR(InRange(path + "stage", config.stage(), 2, last));
  ResNet3dOptions::Stage& stage = options->stages[config.stage() - 2];
  if (config.after_blocks().empty()) {
    return Invalid(path + "after_blocks", "none", absl::StrCat("0 to ", stage.blocks - 1));
  }
  for (int i = 0; i < config.after_blocks_size(); ++i) {
    MRSN_RETURN_IF_ERROR(
        InRange(absl::StrCat(path, "after_blocks[", i, "]"), config.after_blocks(i), 0, stage.blocks - 1));
    stage.nonlocal.push_back(config.after_blocks(i));
  }
  switch (config.affinity()) {
    case NonLocalConfig::AFFINITY_UNSPECIFIED:
    case NonLocalConfig::DOT_PRODUCT:
      options->nonlocal.affinity = NonLocalOptions::Affinity::kDotProduct;
      break;
    case NonLocalConfig::SOFTMAX:
      options->nonlocal.affinity = NonLocalOptions::Affinity::kSoftmax;
      break;
    default:  // a number in the file that is no Affinity (proto3 enums are open)
      return Invalid(path + "affinity", absl::StrCat(config.affinity()), "DOT_PRODUCT, SOFTMAX");
  }
  if (config.pool().empty()) return absl::OkStatus();
  if (config.pool_size() != 3) {
    return Invalid(path + "pool", absl::StrCat(config.pool_size(), " numbers"), "3: over t, y and x");
  }
  for (int i = 0; i < 3; ++i) {
    MRSN_RETURN_IF_ERROR(InRange(absl::StrCat(path, "pool[", i, "]"), config.pool(i), 1, 16));
    options->nonlocal.pool[i] = config.pool(i);
  }
  return absl::OkStatus();
}

absl::StatusOr<ResNet3dOptions> ReadResNet3d(const ResNet3dConfig& config, const std::string& path) {
  ResNet3dOptions options;
  switch (config.block()) {
    case ResNet3dConfig::BLOCK_UNSPECIFIED:
    case ResNet3dConfig::BOTTLENECK:
      options.block = ResNet3dOptions::Block::kBottleneck;
      break;
    case ResNet3dConfig::BASIC:
      options.block = ResNet3dOptions::Block::kBasic;
      break;
    default:  // a number in the file that is no Block (proto3 enums are open)
      return Invalid(path + "block", absl::StrCat(config.block()), "BOTTLENECK, BASIC");
  }
  const bool bottleneck = options.block == ResNet3dOptions::Block::kBottleneck;
  options.stem_channels = MRSN_OR_DEFAULT(config, stem_channels, 64);
  options.stem_temporal_kernel = MRSN_OR_DEFAULT(config, stem_temporal_kernel, 1);
  options.stem_kernel = MRSN_OR_DEFAULT(config, stem_kernel, 7);
  options.stem_stride = MRSN_OR_DEFAULT(config, stem_stride, 2);
  options.stem_pool = MRSN_OR_DEFAULT(config, stem_pool, true);
  options.stem_pool_padding = MRSN_OR_DEFAULT(config, stem_pool_padding, true);
  options.batch_norm_epsilon = MRSN_OR_DEFAULT(config, batch_norm_epsilon, 1e-5);
  options.batch_norm_momentum = MRSN_OR_DEFAULT(config, batch_norm_momentum, 0.1);
  options.zero_init_last_batch_norm = config.zero_init_last_batch_norm();
  options.res2_pool = MRSN_OR_DEFAULT(config, res2_pool, 1);
  MRSN_RETURN_IF_ERROR(InRange(path + "stem_channels", options.stem_channels, 1, kMaxChannels / 32));
  MRSN_RETURN_IF_ERROR(Odd(path + "stem_temporal_kernel", options.stem_temporal_kernel, 31));
  MRSN_RETURN_IF_ERROR(Odd(path + "stem_kernel", options.stem_kernel, 31));
  MRSN_RETURN_IF_ERROR(InRange(path + "stem_stride", options.stem_stride, 1, 8));
  MRSN_RETURN_IF_ERROR(InRange(path + "batch_norm_epsilon", options.batch_norm_epsilon, 1e-12, 1));
  MRSN_RETURN_IF_ERROR(InRange(path + "batch_norm_momentum", options.batch_norm_momentum, 0, 1));
  MRSN_RETURN_IF_ERROR(InRange(path + "res2_pool", options.res2_pool, 1, 64));
  if (config.stages().empty()) {
    if (!bottleneck) return Invalid(path + "stages", "none", "at least one, with block BASIC");
    MRSN_ASSIGN_OR_RETURN(options.stages, ReadStandardStages(config, options.stem_channels, path));
  } else {
    MRSN_RETURN_IF_ERROR(CheckNoStandardStages(config, path));
  }
  for (int s = 0; s < config.stages_size(); ++s) {
    MRSN_ASSIGN_OR_RETURN(ResNet3dOptions::Stage stage,
                          ReadStage(config.stages(s), bottleneck, absl::StrCat(path, "stages[", s, "].")));
    options.stages.push_back(stage);
  }
  if (config.has_nonlocal()) {
    MRSN_RETURN_IF_ERROR(ReadNonLocal(config.nonlocal(), path + "nonlocal.", &options));
  }
  return options;
}

absl::StatusOr<SlowFastOptions> ReadSlowFast(const SlowFastConfig& config, const std::string& path) {
  SlowFastOptions options;
  MRSN_ASSIGN_OR_RETURN(options.slow, ReadResNet3d(config.slow(), path + "slow."));
  if (options.slow.res2_pool != 1) {
    return Invalid(path + "slow.res2_pool", absl::StrCat(options.slow.res2_pool), "1");
  }
  options.alpha = MRSN_OR_DEFAULT(config, alpha, 4);
  const int64_t beta_inverse = MRSN_OR_DEFAULT(config, beta_inverse, 8);
  const int64_t stem_kernel = MRSN_OR_DEFAULT(config, fast_stem_temporal_kernel, 5);
  const int64_t kernel = MRSN_OR_DEFAULT(config, fast_temporal_kernel, 3);
  MRSN_RETURN_IF_ERROR(InRange(path + "alpha", options.alpha, 1, 64));
  MRSN_RETURN_IF_ERROR(InRange(path + "beta_inverse", beta_inverse, 1, kMaxChannels));
  MRSN_RETURN_IF_ERROR(Odd(path + "fast_stem_temporal_kernel", stem_kernel, 31));
  MRSN_RETURN_IF_ERROR(Odd(path + "fast_temporal_kernel", kernel, 31));
  bool divides = options.slow.stem_channels % beta_inverse == 0;
  for (const ResNet3dOptions::Stage& stage : options.slow.stages) {
    divides = divides && stage.channels % beta_inverse == 0 && stage.inner_channels % beta_inverse == 0;
  }
  if (!divides) {
    return Invalid(path + "beta_inverse", absl::StrCat(beta_inverse), "divisors of every width of slow");
  }
  options.fast = FastPathway(options.slow, beta_inverse, stem_kernel, kernel);
  const SlowFastConfig::Lateral& lateral = config.lateral();
  options.lateral.kernel = MRSN_OR_DEFAULT(lateral, kernel, 7);
  options.lateral.ratio = MRSN_OR_DEFAULT(lateral, ratio, 2);
  options.lateral.norm_and_relu = MRSN_OR_DEFAULT(lateral, norm_and_relu, true);
  options.lateral.bias = MRSN_OR_DEFAULT(lateral, bias, false);
  MRSN_RETURN_IF_ERROR(Odd(path + "lateral.kernel", options.lateral.kernel, 31));
  MRSN_RETURN_IF_ERROR(InRange(path + "lateral.ratio", options.lateral.ratio, 1, 16));
  return options;
}

absl::StatusOr<InceptionStep> ReadLast(Inception3dConfig::Last last, const std::string& path) {
  switch (last) {
    case Inception3dConfig::MIXED_3B:
      return InceptionStep::kMixed3b;
    case Inception3dConfig::MIXED_3C:
      return InceptionStep::kMixed3c;
    case Inception3dConfig::MIXED_4B:
      return InceptionStep::kMixed4b;
    case Inception3dConfig::MIXED_4C:
      return InceptionStep::kMixed4c;
    case Inception3dConfig::MIXED_4D:
      return InceptionStep::kMixed4d;
    case Inception3dConfig::LAST_UNSPECIFIED:
    case Inception3dConfig::MIXED_4E:
      return InceptionStep::kMixed4e;
    case Inception3dConfig::MIXED_4F:
      return InceptionStep::kMixed4f;
    case Inception3dConfig::MIXED_5B:
      return InceptionStep::kMixed5b;
    case Inception3dConfig::MIXED_5C:
      return InceptionStep::kMixed5c;
    default:  // a number in the file that is no Last (proto3 enums are open)
      return Invalid(path + "last", absl::StrCat(last), "MIXED_3B to MIXED_5C");
  }
}

absl::StatusOr<Inception3dOptions> ReadInception3d(const Inception3dConfig& config, const std::string& path) {
  Inception3dOptions options;
  MRSN_ASSIGN_OR_RETURN(options.last, ReadLast(config.last(), path));
  options.separable = config.separable();
  options.gating = config.gating();
  if (options.gating && !options.separable) return Invalid(path + "gating", "true", "only with separable");
  options.last_stride = MRSN_OR_DEFAULT(config, last_stride, 2);
  MRSN_RETURN_IF_ERROR(InRange(path + "last_stride", options.last_stride, 1, 2));
  if (config.has_last_stride() && options.last < InceptionStep::kPool5a) {
    return Invalid(path + "last_stride", "set", "only with last MIXED_5B, MIXED_5C");
  }
  options.width_divisor = MRSN_OR_DEFAULT(config, width_divisor, 1);
  if (options.width_divisor < 1 || 8 % options.width_divisor != 0) {
    return Invalid(path + "width_divisor", absl::StrCat(options.width_divisor), "1, 2, 4, 8");
  }
  options.batch_norm_momentum = MRSN_OR_DEFAULT(config, batch_norm_momentum, 0.01);
  MRSN_RETURN_IF_ERROR(InRange(path + "batch_norm_momentum", options.batch_norm_momentum, 0, 1));
  return options;
}

int64_t ChannelsOf(const Inception3dOptions& options) { return ChannelsAfter(options, options.last); }
int64_t StrideOf(const Inception3dOptions& options) { return StrideAfter(options, options.last); }

int64_t ChannelsOf(const TwoStreamOptions::Stream& stream) {
  return std::visit([](const auto& network) { return ChannelsOf(network); }, stream);
}
int64_t StrideOf(const TwoStreamOptions::Stream& stream) {
  return std::visit([](const auto& network) { return StrideOf(network); }, stream);
}

absl::StatusOr<TwoStreamOptions::Stream> ReadStream(const TwoStreamConfig::Stream& config,
                                                    const std::string& path) {
  switch (config.network_case()) {
    case TwoStreamConfig::Stream::kResnet: {
      MRSN_ASSIGN_OR_RETURN(ResNet3dOptions options, ReadResNet3d(config.resnet(), path + "resnet."));
      return options;
    }
    case TwoStreamConfig::Stream::kInception: {
      MRSN_ASSIGN_OR_RETURN(Inception3dOptions options,
                            ReadInception3d(config.inception(), path + "inception."));
      return options;
    }
    case TwoStreamConfig::Stream::NETWORK_NOT_SET:
      break;
  }
  return Invalid(path + "network", "not set", "resnet, inception");
}

absl::StatusOr<TwoStreamOptions> ReadTwoStream(const TwoStreamConfig& config, const std::string& path) {
  TwoStreamOptions options;
  MRSN_ASSIGN_OR_RETURN(options.rgb, ReadStream(config.rgb(), path + "rgb."));
  options.flow = options.rgb;
  if (config.has_flow()) {
    MRSN_ASSIGN_OR_RETURN(options.flow, ReadStream(config.flow(), path + "flow."));
  }
  switch (config.fusion()) {
    case TwoStreamConfig::FUSION_UNSPECIFIED:
    case TwoStreamConfig::AVERAGE:
      options.fusion = TwoStreamOptions::Fusion::kAverage;
      break;
    case TwoStreamConfig::CONCATENATE:
      options.fusion = TwoStreamOptions::Fusion::kConcatenate;
      break;
    default:  // as above
      return Invalid(path + "fusion", absl::StrCat(config.fusion()), "AVERAGE, CONCATENATE");
  }
  if (StrideOf(options.rgb) != StrideOf(options.flow)) {
    return Invalid(path + "flow", absl::StrCat("stride ", StrideOf(options.flow)),
                   absl::StrCat("that of rgb, ", StrideOf(options.rgb)));
  }
  if (options.fusion == TwoStreamOptions::Fusion::kAverage &&
      ChannelsOf(options.rgb) != ChannelsOf(options.flow)) {
    return Invalid(path + "flow", absl::StrCat(ChannelsOf(options.flow), " channels"),
                   absl::StrCat("as many as rgb has, ", ChannelsOf(options.rgb), ", for an average"));
  }
  return options;
}

}  // namespace

absl::StatusOr<BackboneOptions> ReadBackbone(const ModelConfig& config) {
  TemporalPool pool = TemporalPool::kAverage;
  switch (config.temporal_pool()) {
    case ModelConfig::TEMPORAL_POOL_UNSPECIFIED:
    case ModelConfig::AVERAGE:
      break;
    case ModelConfig::MAX:
      pool = TemporalPool::kMax;
      break;
    default:  // as above
      return Invalid("temporal_pool", absl::StrCat(config.temporal_pool()), "AVERAGE, MAX");
  }
  switch (config.backbone_case()) {
    case ModelConfig::kSlowOnly: {
      MRSN_ASSIGN_OR_RETURN(ResNet3dOptions resnet, ReadResNet3d(config.slow_only(), "slow_only."));
      return SlowOnlyOptions{std::move(resnet), pool};
    }
    case ModelConfig::kSlowFast: {
      MRSN_ASSIGN_OR_RETURN(SlowFastOptions options, ReadSlowFast(config.slow_fast(), "slow_fast."));
      options.pool = pool;
      return options;
    }
    case ModelConfig::kInception: {
      MRSN_ASSIGN_OR_RETURN(const Inception3dOptions inception,
                            ReadInception3d(config.inception(), "inception."));
      return Inception3dBackboneOptions{inception, pool};
    }
    case ModelConfig::kTwoStream: {
      MRSN_ASSIGN_OR_RETURN(TwoStreamOptions options, ReadTwoStream(config.two_stream(), "two_stream."));
      options.pool = pool;
      return options;
    }
    case ModelConfig::BACKBONE_NOT_SET:
      return Invalid("backbone", "not set", "slow_only, slow_fast, inception, two_stream");
  }
  return absl::InternalError("unreachable");
}

int64_t ChannelsOf(const BackboneOptions& options) {
  if (const auto* slow = std::get_if<SlowOnlyOptions>(&options)) return ChannelsOf(slow->resnet);
  if (const auto* one = std::get_if<Inception3dBackboneOptions>(&options)) return ChannelsOf(one->inception);
  if (const auto* two = std::get_if<TwoStreamOptions>(&options)) {
    const bool both = two->fusion == TwoStreamOptions::Fusion::kConcatenate;
    return ChannelsOf(two->rgb) + (both ? ChannelsOf(two->flow) : 0);
  }
  const auto& both = std::get<SlowFastOptions>(options);
  return ChannelsOf(both.slow) + ChannelsOf(both.fast);
}

}  // namespace mrsn

#include "mrsn/build_model.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "mrsn/backbone/slow_only.h"
#include "mrsn/baselines/read_config.h"
#include "mrsn/linear_head.h"
#include "mrsn/model_config.pb.h"
#include "mrsn/mrsn_head.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

// Far beyond anything sensible; keeps a slip of the pen from asking for terabytes.
constexpr int64_t kMaxChannels = 16384;
constexpr int64_t kMaxClasses = 100000;

absl::Status Invalid(const std::string& field, const std::string& value, const std::string& allowed) {
  return absl::InvalidArgumentError(absl::StrCat("model.", field, ": ", value, "; allowed: ", allowed));
}

absl::Status InRange(const std::string& field, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();  // not NaN
  return Invalid(field, absl::StrCat(value), absl::StrCat(low, " to ", high));
}

absl::Status Odd(const std::string& field, int64_t value, int64_t high) {
  if (value >= 1 && value <= high && value % 2 == 1) return absl::OkStatus();
  return Invalid(field, absl::StrCat(value), absl::StrCat("odd numbers from 1 to ", high));
}

#define MRSN_OR_DEFAULT(message, field, value) ((message).has_##field() ? (message).field() : (value))

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
  options.batch_norm_epsilon = MRSN_OR_DEFAULT(config, batch_norm_epsilon, 1e-5);
  options.batch_norm_momentum = MRSN_OR_DEFAULT(config, batch_norm_momentum, 0.1);
  options.zero_init_last_batch_norm = config.zero_init_last_batch_norm();
  MRSN_RETURN_IF_ERROR(InRange(path + "stem_channels", options.stem_channels, 1, kMaxChannels / 32));
  MRSN_RETURN_IF_ERROR(Odd(path + "stem_temporal_kernel", options.stem_temporal_kernel, 31));
  MRSN_RETURN_IF_ERROR(Odd(path + "stem_kernel", options.stem_kernel, 31));
  MRSN_RETURN_IF_ERROR(InRange(path + "stem_stride", options.stem_stride, 1, 8));
  MRSN_RETURN_IF_ERROR(InRange(path + "batch_norm_epsilon", options.batch_norm_epsilon, 1e-12, 1));
  MRSN_RETURN_IF_ERROR(InRange(path + "batch_norm_momentum", options.batch_norm_momentum, 0, 1));
  if (config.stages().empty()) {
    if (!bottleneck) return Invalid(path + "stages", "none", "at least one, with block BASIC");
    options.stages = SlowR50Stages(options.stem_channels);
  }
  for (int s = 0; s < config.stages_size(); ++s) {
    MRSN_ASSIGN_OR_RETURN(ResNet3dOptions::Stage stage,
                          ReadStage(config.stages(s), bottleneck, absl::StrCat(path, "stages[", s, "].")));
    options.stages.push_back(stage);
  }
  return options;
}

absl::StatusOr<RoiFeatureOptions> ReadRoi(const RoiConfig& config) {
  RoiFeatureOptions options;
  options.output_size = MRSN_OR_DEFAULT(config, output_size, 7);
  options.sampling_ratio = MRSN_OR_DEFAULT(config, sampling_ratio, 0);
  options.aligned = MRSN_OR_DEFAULT(config, aligned, true);
  MRSN_RETURN_IF_ERROR(InRange("roi.output_size", options.output_size, 1, 64));
  MRSN_RETURN_IF_ERROR(InRange("roi.sampling_ratio", options.sampling_ratio, 0, 64));
  return options;
}

absl::Status CheckDropout(const std::string& field, double value) { return InRange(field, value, 0, 0.99); }

absl::StatusOr<int64_t> ReadLayers(bool on, const MrsnHeadConfig::Encoder& config, const std::string& field) {
  if (!on) return 0;
  const int64_t layers = MRSN_OR_DEFAULT(config, layers, 1);
  MRSN_RETURN_IF_ERROR(InRange(field, layers, 1, 100));
  return layers;
}

absl::StatusOr<MrsnHeadOptions> ReadMrsnHead(const MrsnHeadConfig& config, int64_t channels, int64_t roi_size,
                                             int64_t classes) {
  MrsnHeadOptions options;
  options.channels = channels;
  options.classes = classes;
  options.roi_size = roi_size;
  options.support_size = MRSN_OR_DEFAULT(config, support_size, 16);
  options.patch_size = MRSN_OR_DEFAULT(config, patch_size, 2);
  options.blocks = MRSN_OR_DEFAULT(config, blocks, 1);
  MRSN_RETURN_IF_ERROR(InRange("mrsn.support_size", options.support_size, 1, 256));
  MRSN_RETURN_IF_ERROR(InRange("mrsn.blocks", options.blocks, 1, 100));
  if (options.patch_size < 1 || options.support_size % options.patch_size != 0) {
    return Invalid("mrsn.patch_size", absl::StrCat(options.patch_size),
                   absl::StrCat("the divisors of support_size, ", options.support_size));
  }
  switch (config.actor_token()) {
    case MrsnHeadConfig::ACTOR_TOKEN_UNSPECIFIED:
    case MrsnHeadConfig::MAX:
      options.actor_token = ActorToken::kMax;
      break;
    case MrsnHeadConfig::AVERAGE:
      options.actor_token = ActorToken::kAverage;
      break;
    case MrsnHeadConfig::FLATTEN:
      options.actor_token = ActorToken::kFlatten;
      break;
    default:  // as above
      return Invalid("mrsn.actor_token", absl::StrCat(config.actor_token()), "MAX, AVERAGE, FLATTEN");
  }
  MrseOptions& mrse = options.mrse;
  mrse.width = MRSN_OR_DEFAULT(config, width, 1024);
  mrse.heads = MRSN_OR_DEFAULT(config, heads, 8);
  MRSN_RETURN_IF_ERROR(InRange("mrsn.width", mrse.width, 1, kMaxChannels / 2));
  if (mrse.heads < 1 || mrse.width % mrse.heads != 0) {
    return Invalid("mrsn.heads", absl::StrCat(mrse.heads),
                   absl::StrCat("the divisors of width, ", mrse.width));
  }
  const double ratio = MRSN_OR_DEFAULT(config, ffn_ratio, 1);
  const double hidden = ratio * static_cast<double>(mrse.width);
  if (!(hidden >= 1 && hidden <= 4 * kMaxChannels && hidden == std::floor(hidden))) {
    return Invalid(
        "mrsn.ffn_ratio", absl::StrCat(ratio),
        absl::StrCat("ratios that make of width, ", mrse.width, ", a whole number up to ", 4 * kMaxChannels));
  }
  mrse.hidden = static_cast<int64_t>(hidden);
  MRSN_ASSIGN_OR_RETURN(mrse.acre_layers, ReadLayers(config.has_acre(), config.acre(), "mrsn.acre.layers"));
  MRSN_ASSIGN_OR_RETURN(mrse.aare_layers, ReadLayers(config.has_aare(), config.aare(), "mrsn.aare.layers"));
  MRSN_ASSIGN_OR_RETURN(mrse.rse_layers, ReadLayers(config.has_rse(), config.rse(), "mrsn.rse.layers"));
  if (config.has_rse() && !(config.has_acre() && config.has_aare())) {
    return Invalid("mrsn.rse", "set", "only with both acre and aare, whose relations it supports");
  }

  switch (config.consensus_case()) {
    case MrsnHeadConfig::CONSENSUS_NOT_SET:
    case MrsnHeadConfig::kShortTerm: {
      const auto& consensus = config.short_term();
      options.mlp_layers = MRSN_OR_DEFAULT(consensus, mlp_layers, 2);
      options.dropout = MRSN_OR_DEFAULT(consensus, dropout, 0.5);
      MRSN_RETURN_IF_ERROR(InRange("mrsn.short_term.mlp_layers", options.mlp_layers, 1, 2));
      MRSN_RETURN_IF_ERROR(CheckDropout("mrsn.short_term.dropout", options.dropout));
      break;
    }
    case MrsnHeadConfig::kLongTerm: {
      const auto& consensus = config.long_term();
      if (!config.has_acre() && !config.has_aare()) {
        return Invalid("mrsn.long_term", "set", "only with acre or aare, whose relations the bank holds");
      }
      MrsnHeadOptions::LongTerm long_term;
      long_term.window_seconds = MRSN_OR_DEFAULT(consensus, window_seconds, 10);
      long_term.inner_width = MRSN_OR_DEFAULT(consensus, inner_width, 1024);
      options.mlp_layers = MRSN_OR_DEFAULT(consensus, mlp_layers, 2);
      options.dropout = MRSN_OR_DEFAULT(consensus, dropout, 0.5);
      MRSN_RETURN_IF_ERROR(InRange("mrsn.long_term.window_seconds", long_term.window_seconds, 1, 3600));
      MRSN_RETURN_IF_ERROR(InRange("mrsn.long_term.mlp_layers", options.mlp_layers, 1, 2));
      MRSN_RETURN_IF_ERROR(CheckDropout("mrsn.long_term.dropout", options.dropout));
      MRSN_RETURN_IF_ERROR(InRange("mrsn.long_term.inner_width", long_term.inner_width, 1, kMaxChannels));
      if (long_term.inner_width % mrse.heads != 0) {
        return Invalid("mrsn.long_term.inner_width", absl::StrCat(long_term.inner_width),
                       absl::StrCat("multiples of heads, ", mrse.heads));
      }
      options.long_term = long_term;
      break;
    }
  }
  return options;
}

absl::StatusOr<ResNet3dOptions> ReadBackbone(const ModelConfig& config) {
  switch (config.backbone_case()) {
    case ModelConfig::kSlowOnly:
      return ReadResNet3d(config.slow_only(), "slow_only.");
    case ModelConfig::BACKBONE_NOT_SET:
      return Invalid("backbone", "not set", "slow_only");
  }
  return absl::InternalError("unreachable");
}

using HeadOptions = std::variant<LinearHeadOptions, MrsnHeadOptions, baselines::HeadMaker>;

absl::StatusOr<HeadOptions> ReadHead(const ModelConfig& config, int64_t channels, int64_t roi_size) {
  if (!config.has_num_classes()) {
    return Invalid("num_classes", "not set", absl::StrCat("1 to ", kMaxClasses));
  }
  const int64_t classes = config.num_classes();
  MRSN_RETURN_IF_ERROR(InRange("num_classes", classes, 1, kMaxClasses));
  switch (config.head_case()) {
    case ModelConfig::kLinear: {
      const double dropout = MRSN_OR_DEFAULT(config.linear(), dropout, 0.5);
      MRSN_RETURN_IF_ERROR(CheckDropout("linear.dropout", dropout));
      return LinearHeadOptions{channels, classes, dropout};
    }
    case ModelConfig::kMrsn: {
      MRSN_ASSIGN_OR_RETURN(MrsnHeadOptions options,
                            ReadMrsnHead(config.mrsn(), channels, roi_size, classes));
      if (!config.mrsn().has_acre() && !config.mrsn().has_aare()) {
        // Table 4's first row: without relations, SlowFast's head is what is left.
        return LinearHeadOptions{channels, classes, options.dropout};
      }
      return options;
    }
    case ModelConfig::kAcrn:
      return baselines::ReadAcrn(config.acrn(), channels, classes);
    case ModelConfig::kLfb:
      return baselines::ReadLfb(config.lfb(), channels, classes);
    case ModelConfig::kAcar:
      return baselines::ReadAcar(config.acar(), channels, classes);
    case ModelConfig::kAia:
      return baselines::ReadAia(config.aia(), channels, classes);
    case ModelConfig::kContextAverage:
      return baselines::ReadContextAverage(config.context_average(), channels, classes);
    case ModelConfig::HEAD_NOT_SET:
      return Invalid("head", "not set", "linear, mrsn, acrn, lfb, acar, aia, context_average");
  }
  return absl::InternalError("unreachable");
}

std::shared_ptr<RelationHead> MakeHead(const HeadOptions& options) {
  if (const auto* linear = std::get_if<LinearHeadOptions>(&options)) {
    return std::make_shared<LinearHead>(*linear);
  }
  if (const auto* make = std::get_if<baselines::HeadMaker>(&options)) return (*make)();
  return std::make_shared<MrsnHead>(std::get<MrsnHeadOptions>(options));
}

#undef MRSN_OR_DEFAULT

// Module::to() refuses the meta device (set_data() does not let a tensor change
// between dense and meta), so the parameters are emptied one by one.
void MoveToMeta(torch::nn::Module& module) {
  std::vector<at::Tensor> tensors = module.parameters();
  for (const at::Tensor& buffer : module.buffers()) tensors.push_back(buffer);
  at::NoGradGuard no_grad;
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor empty = at::empty_like(tensor, tensor.options().device(at::kMeta));
    tensor.unsafeGetTensorImpl()->shallow_copy_from(empty.getIntrusivePtr());
  }
}

}  // namespace

absl::StatusOr<std::shared_ptr<ActionDetector>> BuildModel(const ModelConfig& config, torch::Device device) {
  // All of the configuration is read before anything large is made.
  MRSN_ASSIGN_OR_RETURN(const RoiFeatureOptions roi, ReadRoi(config.roi()));
  MRSN_ASSIGN_OR_RETURN(const ResNet3dOptions backbone, ReadBackbone(config));
  MRSN_ASSIGN_OR_RETURN(const HeadOptions head,
                        ReadHead(config, backbone.stages.back().channels, roi.output_size));
  try {
    auto detector =
        std::make_shared<ActionDetector>(std::make_shared<SlowOnly>(backbone), roi, MakeHead(head));
    if (device.is_meta()) {
      MoveToMeta(*detector);
    } else {
      detector->to(device);
    }
    return detector;
  } catch (const std::exception& error) {  // no memory, no such device
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot make the model on ", device.str(), ": ", error.what()));
  }
}

}  // namespace mrsn

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
#include "mrsn/backbone/inception3d.h"
#include "mrsn/backbone/slow_fast.h"
#include "mrsn/backbone/slow_only.h"
#include "mrsn/backbone/two_stream.h"
#include "mrsn/backbone_from_config.h"
#include "mrsn/baselines/read_config.h"
#include "mrsn/config_checks.h"
#include "mrsn/head/linear_head.h"
#include "mrsn/head/mrsn_head.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

constexpr int64_t kMaxClasses = 100000;

absl::StatusOr<RoiFeatureOptions> ReadRoi(const RoiConfig& config) {
  RoiFeatureOptions options;
  options.output_size = MRSN_OR_DEFAULT(config, output_size, 7);
  options.sampling_ratio = MRSN_OR_DEFAULT(config, sampling_ratio, 0);
  options.aligned = MRSN_OR_DEFAULT(config, aligned, true);
  MRSN_RETURN_IF_ERROR(InRange("roi.output_size", options.output_size, 1, 64));
  MRSN_RETURN_IF_ERROR(InRange("roi.sampling_ratio", options.sampling_ratio, 0, 64));
  switch (config.scale()) {
    case RoiConfig::SCALE_UNSPECIFIED:
    case RoiConfig::STRIDE:
      break;
    case RoiConfig::MAP_SIZE:
      options.scale = RoiScale::kMapSize;
      break;
    default:  // a number in the file that is no Scale (proto3 enums are open)
      return Invalid("roi.scale", absl::StrCat(config.scale()), "STRIDE, MAP_SIZE");
  }
  return options;
}

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

absl::StatusOr<int64_t> ReadClasses(const ModelConfig& config) {
  if (!config.has_num_classes()) {
    return Invalid("num_classes", "not set", absl::StrCat("1 to ", kMaxClasses));
  }
  MRSN_RETURN_IF_ERROR(InRange("num_classes", config.num_classes(), 1, kMaxClasses));
  return config.num_classes();
}

// The name of the detector in `head` that finds boxes itself; empty for heads that score given ones.
std::string BoxFinder(const ModelConfig& config) {
  switch (config.head_case()) {
    case ModelConfig::kAct:
      return "act";
    case ModelConfig::kStep:
      return "step";
    case ModelConfig::kLinear:
    case ModelConfig::kMrsn:
    case ModelConfig::kAcrn:
    case ModelConfig::kLfb:
    case ModelConfig::kAcar:
    case ModelConfig::kAia:
    case ModelConfig::kContextAverage:
    case ModelConfig::HEAD_NOT_SET:
      break;
  }
  return "";
}

using HeadOptions = std::variant<LinearHeadOptions, MrsnHeadOptions, baselines::HeadMaker>;

absl::StatusOr<HeadOptions> ReadHead(const ModelConfig& config, int64_t channels, int64_t roi_size) {
  MRSN_ASSIGN_OR_RETURN(const int64_t classes, ReadClasses(config));
  switch (config.head_case()) {
    case ModelConfig::kLinear: {
      const double dropout = MRSN_OR_DEFAULT(config.linear(), dropout, 0.5);
      MRSN_RETURN_IF_ERROR(CheckDropout("linear.dropout", dropout));
      return LinearHeadOptions{channels, classes, dropout, config.linear().dropout_before_pool()};
    }
    case ModelConfig::kMrsn: {
      MRSN_ASSIGN_OR_RETURN(MrsnHeadOptions options,
                            ReadMrsnHead(config.mrsn(), channels, roi_size, classes));
      if (!config.mrsn().has_acre() && !config.mrsn().has_aare()) {
        // Table 4's first row: without relations, SlowFast's head is what is left.
        return LinearHeadOptions{channels, classes, options.dropout, false};
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
    case ModelConfig::kAct:
    case ModelConfig::kStep:
      break;  // refused before
    case ModelConfig::HEAD_NOT_SET:
      return Invalid("head", "not set", "linear, mrsn, acrn, lfb, acar, aia, context_average, act, step");
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

std::shared_ptr<Backbone> MakeBackbone(const BackboneOptions& options) {
  if (const auto* slow = std::get_if<SlowOnlyOptions>(&options)) return std::make_shared<SlowOnly>(*slow);
  if (const auto* one = std::get_if<Inception3dBackboneOptions>(&options)) {
    return std::make_shared<Inception3dBackbone>(*one);
  }
  if (const auto* two = std::get_if<TwoStreamOptions>(&options)) return std::make_shared<TwoStream>(*two);
  return std::make_shared<SlowFast>(std::get<SlowFastOptions>(options));
}

absl::StatusOr<Precision> ReadPrecision(ModelConfig::Precision precision) {
  switch (precision) {
    case ModelConfig::PRECISION_UNSPECIFIED:
    case ModelConfig::FLOAT32:
      return Precision::kFloat32;
    case ModelConfig::BFLOAT16:
      return Precision::kBfloat16;
    default:  // as above
      return Invalid("precision", absl::StrCat(precision), "FLOAT32, BFLOAT16");
  }
}

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

// make() on the device.
template <typename Make>
auto MakeOn(torch::Device device, const Make& make) -> absl::StatusOr<decltype(make())> {
  try {
    auto detector = make();
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

// Fields that say nothing to a detector with a backbone of its own.
absl::Status CheckOwnBackbone(const ModelConfig& config, const std::string& name) {
  const std::string none = absl::StrCat("nothing with ", name, ", which has a backbone of its own");
  if (config.backbone_case() != ModelConfig::BACKBONE_NOT_SET) return Invalid("backbone", "set", none);
  if (config.has_temporal_pool()) return Invalid("temporal_pool", "set", none);
  if (config.has_roi()) return Invalid("roi", "set", none);
  MRSN_ASSIGN_OR_RETURN(const Precision precision, ReadPrecision(config.precision()));
  if (precision != Precision::kFloat32) {
    return Invalid("precision", "BFLOAT16", absl::StrCat("FLOAT32 with ", name));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<ActionDetector>> BuildModel(const ModelConfig& config, torch::Device device) {
  if (const std::string finder = BoxFinder(config); !finder.empty()) {
    return Invalid(finder, "takes no boxes: it finds them itself", "heads that score given boxes");
  }
  // All of the configuration is read before anything large is made.
  MRSN_ASSIGN_OR_RETURN(const RoiFeatureOptions roi, ReadRoi(config.roi()));
  MRSN_ASSIGN_OR_RETURN(const BackboneOptions backbone, ReadBackbone(config));
  MRSN_ASSIGN_OR_RETURN(const HeadOptions head, ReadHead(config, ChannelsOf(backbone), roi.output_size));
  MRSN_ASSIGN_OR_RETURN(const Precision precision, ReadPrecision(config.precision()));
  return MakeOn(device, [&] {
    return std::make_shared<ActionDetector>(MakeBackbone(backbone), roi, MakeHead(head), precision);
  });
}

absl::StatusOr<std::shared_ptr<Detector>> BuildDetector(const ModelConfig& config, torch::Device device) {
  const std::string finder = BoxFinder(config);
  if (finder.empty()) return BuildModel(config, device);
  MRSN_RETURN_IF_ERROR(CheckOwnBackbone(config, finder));
  MRSN_ASSIGN_OR_RETURN(const int64_t classes, ReadClasses(config));
  MRSN_ASSIGN_OR_RETURN(const baselines::DetectorMaker make,
                        config.has_act() ? baselines::ReadAct(config.act(), classes)
                                         : baselines::ReadStep(config.step(), classes));
  return MakeOn(device, make);
}

}  // namespace mrsn

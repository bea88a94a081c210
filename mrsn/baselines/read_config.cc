#include "mrsn/baselines/read_config.h"

#include "absl/strings/str_cat.h"
#include "mrsn/baselines/acar/acar_head.h"
#include "mrsn/baselines/acrn/acrn_head.h"
#include "mrsn/baselines/act/act_detector.h"
#include "mrsn/baselines/aia/aia_head.h"
#include "mrsn/baselines/context_average/context_average_head.h"
#include "mrsn/baselines/lfb/lfb_head.h"
#include "mrsn/baselines/step/step_detector.h"
#include "mrsn/config_checks.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/status_macros.h"

namespace mrsn::baselines {
namespace {

template <typename Head, typename Options>
HeadMaker MakerOf(const Options& options) {
  return [options]() -> std::shared_ptr<RelationHead> { return std::make_shared<Head>(options); };
}

absl::Status CheckWidthDivisor(const std::string& field, int64_t divisor, int64_t most) {
  if (divisor >= 1 && divisor <= most && (divisor & (divisor - 1)) == 0) return absl::OkStatus();
  return Invalid(field, absl::StrCat(divisor), absl::StrCat("powers of 2 from 1 to ", most));
}

}  // namespace

absl::StatusOr<HeadMaker> ReadAcrn(const AcrnHeadConfig& config, int64_t channels, int64_t classes) {
  AcrnHeadOptions options;
  options.channels = channels;
  options.classes = classes;
  options.width = MRSN_OR_DEFAULT(config, width, channels);
  options.layers = MRSN_OR_DEFAULT(config, layers, 1);
  options.dropout = MRSN_OR_DEFAULT(config, dropout, 0.5);
  MRSN_RETURN_IF_ERROR(InRange("acrn.width", options.width, 1, kMaxChannels));
  MRSN_RETURN_IF_ERROR(InRange("acrn.layers", options.layers, 1, 8));
  MRSN_RETURN_IF_ERROR(CheckDropout("acrn.dropout", options.dropout));
  return MakerOf<AcrnHead>(options);
}

absl::StatusOr<HeadMaker> ReadLfb(const LfbHeadConfig& config, int64_t channels, int64_t classes) {
  LfbHeadOptions options;
  options.channels = channels;
  options.classes = classes;
  switch (config.operator_()) {
    case LfbHeadConfig::OPERATOR_UNSPECIFIED:
    case LfbHeadConfig::NON_LOCAL:
      options.op = FeatureBankOperator::kNonLocal;
      break;
    case LfbHeadConfig::AVERAGE:
      options.op = FeatureBankOperator::kAverage;
      break;
    case LfbHeadConfig::MAX:
      options.op = FeatureBankOperator::kMax;
      break;
    default:  // a number in the file that is no Operator (proto3 enums are open)
      return Invalid("lfb.operator", absl::StrCat(config.operator_()), "NON_LOCAL, AVERAGE, MAX");
  }
  if (options.op != FeatureBankOperator::kNonLocal &&
      (config.has_layers() || config.has_width() || config.has_layer_dropout() || config.has_affine_norm())) {
    const char* field = config.has_layers()          ? "lfb.layers"
                        : config.has_width()         ? "lfb.width"
                        : config.has_layer_dropout() ? "lfb.layer_dropout"
                                                     : "lfb.affine_norm";
    return Invalid(field, "set", "only with operator NON_LOCAL");
  }
  options.window_seconds = MRSN_OR_DEFAULT(config, window_seconds, 30);
  options.bank_width = MRSN_OR_DEFAULT(config, bank_width, channels);
  options.dropout = MRSN_OR_DEFAULT(config, dropout, 0.3);
  options.layers = MRSN_OR_DEFAULT(config, layers, 2);
  options.width = MRSN_OR_DEFAULT(config, width, 512);
  options.layer_dropout = MRSN_OR_DEFAULT(config, layer_dropout, 0.2);
  options.affine_norm = config.affine_norm();
  options.sampled_per_second = config.sampled_per_second();
  options.sample_in_evaluation = config.sample_in_evaluation();
  MRSN_RETURN_IF_ERROR(InRange("lfb.window_seconds", options.window_seconds, 1, 3600));
  MRSN_RETURN_IF_ERROR(InRange("lfb.bank_width", options.bank_width, 1, 4 * kMaxChannels));
  MRSN_RETURN_IF_ERROR(CheckDropout("lfb.dropout", options.dropout));
  MRSN_RETURN_IF_ERROR(InRange("lfb.layers", options.layers, 1, 8));
  MRSN_RETURN_IF_ERROR(InRange("lfb.width", options.width, 1, kMaxChannels));
  MRSN_RETURN_IF_ERROR(CheckDropout("lfb.layer_dropout", options.layer_dropout));
  MRSN_RETURN_IF_ERROR(InRange("lfb.sampled_per_second", options.sampled_per_second, 0, 1000));
  if (options.sample_in_evaluation && options.sampled_per_second == 0) {
    return Invalid("lfb.sample_in_evaluation", "true", "only with sampled_per_second");
  }
  return MakerOf<LfbHead>(options);
}

absl::StatusOr<HeadMaker> ReadAcar(const AcarHeadConfig& config, int64_t channels, int64_t classes) {
  AcarHeadOptions options;
  options.channels = channels;
  options.classes = classes;
  options.reduced_width = MRSN_OR_DEFAULT(config, reduced_width, 1024);
  options.width = MRSN_OR_DEFAULT(config, width, 512);
  options.depth = MRSN_OR_DEFAULT(config, depth, 2);
  options.kernel = MRSN_OR_DEFAULT(config, kernel, 3);
  options.output_kernel = MRSN_OR_DEFAULT(config, output_kernel, 3);
  options.relation_dropout = MRSN_OR_DEFAULT(config, relation_dropout, 0.2);
  options.dropout = MRSN_OR_DEFAULT(config, dropout, 0);
  options.bank_grid = MRSN_OR_DEFAULT(config, bank_grid, 7);
  MRSN_RETURN_IF_ERROR(InRange("acar.reduced_width", options.reduced_width, 1, kMaxChannels));
  MRSN_RETURN_IF_ERROR(InRange("acar.width", options.width, 1, kMaxChannels));
  MRSN_RETURN_IF_ERROR(InRange("acar.depth", options.depth, 1, 8));
  MRSN_RETURN_IF_ERROR(Odd("acar.kernel", options.kernel, 31));
  MRSN_RETURN_IF_ERROR(Odd("acar.output_kernel", options.output_kernel, 31));
  MRSN_RETURN_IF_ERROR(CheckDropout("acar.relation_dropout", options.relation_dropout));
  MRSN_RETURN_IF_ERROR(CheckDropout("acar.dropout", options.dropout));
  MRSN_RETURN_IF_ERROR(InRange("acar.bank_grid", options.bank_grid, 1, 64));
  if (config.has_long_term()) {
    AcarHeadOptions::LongTerm long_term;
    long_term.window_seconds = MRSN_OR_DEFAULT(config.long_term(), window_seconds, 10);
    long_term.depth = MRSN_OR_DEFAULT(config.long_term(), depth, 1);
    MRSN_RETURN_IF_ERROR(InRange("acar.long_term.window_seconds", long_term.window_seconds, 1, 3600));
    MRSN_RETURN_IF_ERROR(InRange("acar.long_term.depth", long_term.depth, 1, 8));
    options.long_term = long_term;
  }
  return MakerOf<AcarHead>(options);
}

absl::StatusOr<HeadMaker> ReadAia(const AiaHeadConfig& config, int64_t channels, int64_t classes) {
  AiaHeadOptions options;
  options.channels = channels;
  options.classes = classes;
  switch (config.structure()) {
    case AiaHeadConfig::STRUCTURE_UNSPECIFIED:
    case AiaHeadConfig::DENSE_SERIAL:
      options.structure = AiaStructure::kDenseSerial;
      break;
    case AiaHeadConfig::SERIAL:
      options.structure = AiaStructure::kSerial;
      break;
    case AiaHeadConfig::PARALLEL:
      options.structure = AiaStructure::kParallel;
      break;
    default:  // as above
      return Invalid("aia.structure", absl::StrCat(config.structure()), "SERIAL, DENSE_SERIAL, PARALLEL");
  }
  options.objects = MRSN_OR_DEFAULT(config, objects, true);
  options.memory = MRSN_OR_DEFAULT(config, memory, true);
  options.asynchronous_memory = config.asynchronous_memory();
  options.repeats = MRSN_OR_DEFAULT(config, repeats, 2);
  options.width = MRSN_OR_DEFAULT(config, width, 1024);
  options.mlp_width = MRSN_OR_DEFAULT(config, mlp_width, 1024);
  options.window_seconds = MRSN_OR_DEFAULT(config, window_seconds, 30);
  options.bank_width = MRSN_OR_DEFAULT(config, bank_width, channels);
  options.layer_dropout = MRSN_OR_DEFAULT(config, layer_dropout, 0.2);
  options.dropout = MRSN_OR_DEFAULT(config, dropout, 0.2);
  options.padding.persons = config.padding().persons();
  options.padding.objects = config.padding().objects();
  options.padding.memory_per_second = config.padding().memory_per_second();
  MRSN_RETURN_IF_ERROR(InRange("aia.repeats", options.repeats, 1, 8));
  MRSN_RETURN_IF_ERROR(InRange("aia.width", options.width, 1, kMaxChannels));
  MRSN_RETURN_IF_ERROR(InRange("aia.mlp_width", options.mlp_width, 1, kMaxChannels));
  MRSN_RETURN_IF_ERROR(InRange("aia.window_seconds", options.window_seconds, 1, 3600));
  MRSN_RETURN_IF_ERROR(InRange("aia.bank_width", options.bank_width, 1, 4 * kMaxChannels));
  if (options.asynchronous_memory && !options.memory) {
    return Invalid("aia.asynchronous_memory", "true", "only with memory");
  }
  if (options.asynchronous_memory && options.bank_width != channels) {
    return Invalid("aia.bank_width", absl::StrCat(options.bank_width),
                   absl::StrCat("with asynchronous_memory the features' own, ", channels));
  }
  MRSN_RETURN_IF_ERROR(CheckDropout("aia.layer_dropout", options.layer_dropout));
  MRSN_RETURN_IF_ERROR(CheckDropout("aia.dropout", options.dropout));
  MRSN_RETURN_IF_ERROR(InRange("aia.padding.persons", options.padding.persons, 0, 1000));
  MRSN_RETURN_IF_ERROR(InRange("aia.padding.objects", options.padding.objects, 0, 1000));
  MRSN_RETURN_IF_ERROR(InRange("aia.padding.memory_per_second", options.padding.memory_per_second, 0, 1000));
  if (options.padding.memory_per_second > 0 && !options.memory) {
    return Invalid("aia.padding.memory_per_second", absl::StrCat(options.padding.memory_per_second),
                   "0, without memory");
  }
  if (options.padding.objects > 0 && !options.objects) {
    return Invalid("aia.padding.objects", absl::StrCat(options.padding.objects), "0, without objects");
  }
  return MakerOf<AiaHead>(options);
}

absl::StatusOr<HeadMaker> ReadContextAverage(const ContextAverageHeadConfig& config, int64_t channels,
                                             int64_t classes) {
  ContextAverageHeadOptions options;
  options.channels = channels;
  options.classes = classes;
  options.dropout = MRSN_OR_DEFAULT(config, dropout, 0.5);
  MRSN_RETURN_IF_ERROR(CheckDropout("context_average.dropout", options.dropout));
  return MakerOf<ContextAverageHead>(options);
}

absl::StatusOr<DetectorMaker> ReadAct(const ActConfig& config, int64_t classes) {
  ActOptions options;
  options.classes = classes;
  options.frames = MRSN_OR_DEFAULT(config, frames, 6);
  options.backbone.input_size = MRSN_OR_DEFAULT(config, input_size, 300);
  options.backbone.width_divisor = MRSN_OR_DEFAULT(config, width_divisor, 1);
  MRSN_RETURN_IF_ERROR(InRange("act.frames", options.frames, 1, 128));
  MRSN_RETURN_IF_ERROR(InRange("act.input_size", options.backbone.input_size, 64, 2048));
  MRSN_RETURN_IF_ERROR(CheckWidthDivisor("act.width_divisor", options.backbone.width_divisor, 32));
  return [options]() -> std::shared_ptr<Detector> { return std::make_shared<ActDetector>(options); };
}

absl::StatusOr<DetectorMaker> ReadStep(const StepConfig& config, int64_t classes) {
  StepOptions options;
  options.classes = classes;
  options.flow = MRSN_OR_DEFAULT(config, flow, true);
  options.width_divisor = MRSN_OR_DEFAULT(config, width_divisor, 1);
  options.dropout = MRSN_OR_DEFAULT(config, dropout, 0.3);
  MRSN_RETURN_IF_ERROR(CheckWidthDivisor("step.width_divisor", options.width_divisor, 8));
  options.batch_norm_momentum = MRSN_OR_DEFAULT(config, batch_norm_momentum, 0.01);
  MRSN_RETURN_IF_ERROR(CheckDropout("step.dropout", options.dropout));
  MRSN_RETURN_IF_ERROR(InRange("step.batch_norm_momentum", options.batch_norm_momentum, 0, 1));
  if (config.grids_size() > 0) options.grids.clear();
  for (int i = 0; i < config.grids_size(); ++i) {
    const StepConfig::Grid& grid = config.grids(i);
    const std::string field = absl::StrCat("step.grids[", i, "].");
    if (!(grid.size() > 0 && grid.size() <= 1)) {  // nor NaN, nor unset
      return Invalid(field + "size", grid.has_size() ? absl::StrCat(grid.size()) : "not set",
                     "above 0, at most 1");
    }
    options.grids.push_back({grid.size(), MRSN_OR_DEFAULT(grid, per_axis, 1)});
    MRSN_RETURN_IF_ERROR(InRange(field + "per_axis", options.grids.back().per_axis, 1, 16));
  }
  return [options]() -> std::shared_ptr<Detector> { return std::make_shared<StepDetector>(options); };
}

}  // namespace mrsn::baselines

#include "mrsn/model_options.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn {
namespace {

using baselines::ReadDetector;

absl::StatusOr<RoiFeatureOptions> ReadRoi(const RoiConfig& config) {
  RoiFeatureOptions options;
  ConfigReader reader(config, "model.roi");
  reader.Read("output_size", &options.output_size, Between(1, 64));
  reader.Read("sampling_ratio", &options.sampling_ratio, Between(0, 64));
  reader.Read("aligned", &options.aligned);
  reader.Choose("scale", &options.scale, {{"STRIDE", RoiScale::kStride}, {"MAP_SIZE", RoiScale::kMapSize}});
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

absl::StatusOr<Precision> ReadPrecision(const ModelConfig& config) {
  Precision precision = Precision::kFloat32;
  ConfigReader reader(config, "model");
  reader.Choose("precision", &precision,
                {{"FLOAT32", Precision::kFloat32}, {"BFLOAT16", Precision::kBfloat16}});
  MRSN_RETURN_IF_ERROR(reader.status());
  return precision;
}

absl::StatusOr<int64_t> ReadClasses(const ModelConfig& config) {
  int64_t classes = 0;
  ConfigReader reader(config, "model");
  reader.Require("num_classes", &classes, Between(1, 100000));
  MRSN_RETURN_IF_ERROR(reader.status());
  return classes;
}

template <typename Options>
HeadOptions AsHead(Options options) {
  return options;
}
HeadOptions AsHead(MrsnOrLinearHeadOptions options) {
  return std::visit([](auto& head) -> HeadOptions { return std::move(head); }, options);
}

// `head`: the message of a head that stands on a backbone.
template <typename HeadConfig>
absl::StatusOr<ModelOptions> ReadOnBackbone(const ModelConfig& config, const HeadConfig& head) {
  using baselines::ReadHead;
  using mrsn::ReadHead;
  ActionDetectorOptions options;
  MRSN_ASSIGN_OR_RETURN(options.roi, ReadRoi(config.roi()));
  MRSN_ASSIGN_OR_RETURN(options.backbone, ReadBackbone(config));
  MRSN_ASSIGN_OR_RETURN(options.precision, ReadPrecision(config));
  ConfigReader reader(config, "model");
  reader.Read("feature_scale", &options.feature_scale, Between(1e-6, 1e6));
  MRSN_RETURN_IF_ERROR(reader.status());
  HeadShape shape;
  shape.channels = BackboneChannels(options.backbone);
  shape.roi_size = options.roi.output_size;
  MRSN_ASSIGN_OR_RETURN(shape.classes, ReadClasses(config));
  MRSN_ASSIGN_OR_RETURN(auto read, ReadHead(head, shape));
  options.head = AsHead(std::move(read));
  return options;
}

// `detector`: the message, called `name`, of a detector with a backbone of its own.
template <typename DetectorConfig>
absl::StatusOr<ModelOptions> ReadOwnBackbone(const ModelConfig& config, const DetectorConfig& detector,
                                             const std::string& name) {
  ConfigReader reader(config, "model");
  const std::string none = absl::StrCat("nothing with ", name, ", which has a backbone of its own");
  if (config.backbone_case() != ModelConfig::BACKBONE_NOT_SET) {
    return FieldError("model.backbone", "set", none);
  }
  for (const char* field : {"temporal_pool", "roi", "feature_scale"}) reader.RefuseIfSet(field, none);
  MRSN_ASSIGN_OR_RETURN(const Precision precision, ReadPrecision(config));
  if (precision != Precision::kFloat32) {
    reader.Fail("precision", "BFLOAT16", absl::StrCat("FLOAT32 with ", name));
  }
  MRSN_RETURN_IF_ERROR(reader.status());
  MRSN_ASSIGN_OR_RETURN(const int64_t classes, ReadClasses(config));
  return ReadDetector(detector, classes);
}

}  // namespace

absl::StatusOr<ModelOptions> ReadModel(const ModelConfig& config) {
  switch (config.head_case()) {
    case ModelConfig::kLinear:
      return ReadOnBackbone(config, config.linear());
    case ModelConfig::kMrsn:
      return ReadOnBackbone(config, config.mrsn());
    case ModelConfig::kAcrn:
      return ReadOnBackbone(config, config.acrn());
    case ModelConfig::kLfb:
      return ReadOnBackbone(config, config.lfb());
    case ModelConfig::kAcar:
      return ReadOnBackbone(config, config.acar());
    case ModelConfig::kAia:
      return ReadOnBackbone(config, config.aia());
    case ModelConfig::kContextAverage:
      return ReadOnBackbone(config, config.context_average());
    case ModelConfig::kAct:
      return ReadOwnBackbone(config, config.act(), "act");
    case ModelConfig::kStep:
      return ReadOwnBackbone(config, config.step(), "step");
    case ModelConfig::HEAD_NOT_SET:
      break;
  }
  return FieldError("model.head", "not set", ConfigReader(config, "model").FieldsOf("head"));
}

std::string HeadName(const ModelConfig& config) {
  const auto& oneof = *ModelConfig::descriptor()->FindOneofByName("head");
  return config.GetReflection()->GetOneofFieldDescriptor(config, &oneof)->name();
}

ModelNeeds NeedsOf(const ActionDetectorOptions& options) {
  const auto needs = [](const auto& part) { return NeedsOf(part); };
  return NeedsOf(HeadNeeds(std::visit(needs, options.head)), std::visit(needs, options.backbone));
}

absl::StatusOr<ModelNeeds> NeedsOf(const ModelConfig& config) {
  MRSN_ASSIGN_OR_RETURN(const ModelOptions options, ReadModel(config));
  return std::visit([](const auto& model) { return NeedsOf(model); }, options);
}

}  // namespace mrsn

#include "mrsn/backbone_from_config.h"

#include "mrsn/backbone/inception3d_config.h"
#include "mrsn/backbone/resnet3d_config.h"
#include "mrsn/backbone/slow_fast_config.h"
#include "mrsn/backbone/two_stream_config.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn {

absl::StatusOr<BackboneOptions> ReadBackbone(const ModelConfig& config) {
  ConfigReader reader(config, "model");
  TemporalPool pool = TemporalPool::kAverage;
  reader.Choose("temporal_pool", &pool, {{"AVERAGE", TemporalPool::kAverage}, {"MAX", TemporalPool::kMax}});
  MRSN_RETURN_IF_ERROR(reader.status());
  switch (config.backbone_case()) {
    case ModelConfig::kSlowOnly:
      return ReadSlowOnly(config.slow_only(), "model.slow_only", pool);
    case ModelConfig::kSlowFast:
      return ReadSlowFast(config.slow_fast(), "model.slow_fast", pool);
    case ModelConfig::kInception:
      return ReadInception3dBackbone(config.inception(), "model.inception", pool);
    case ModelConfig::kTwoStream:
      return ReadTwoStream(config.two_stream(), "model.two_stream", pool);
    case ModelConfig::BACKBONE_NOT_SET:
      break;
  }
  return FieldError("model.backbone", "not set", reader.FieldsOf("backbone"));
}

int64_t BackboneChannels(const BackboneOptions& options) {
  return std::visit([](const auto& backbone) { return ChannelsOf(backbone); }, options);
}

}  // namespace mrsn

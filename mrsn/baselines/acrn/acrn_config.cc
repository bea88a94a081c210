#include "mrsn/baselines/acrn/acrn_config.h"

#include "mrsn/config_limits.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn::baselines {

absl::StatusOr<AcrnHeadOptions> ReadHead(const AcrnHeadConfig& config, const HeadShape& shape) {
  AcrnHeadOptions options;
  options.channels = options.width = shape.channels;
  options.classes = shape.classes;
  ConfigReader reader(config, "model.acrn");
  reader.Read("width", &options.width, Between(1, kMaxChannels));
  reader.Read("layers", &options.layers, Between(1, 8));
  reader.Read("dropout", &options.dropout, Between(0, kMaxDropout));
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

HeadNeeds NeedsOf(const AcrnHeadOptions& options) {
  HeadNeeds needs;
  needs.classes = options.classes;
  needs.relation_width = options.width;
  return needs;
}

}  // namespace mrsn::baselines

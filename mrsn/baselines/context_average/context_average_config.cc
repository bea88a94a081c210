#include "mrsn/baselines/context_average/context_average_config.h"

#include "mrsn/config_limits.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn::baselines {

absl::StatusOr<ContextAverageHeadOptions> ReadHead(const ContextAverageHeadConfig& config,
                                                   const HeadShape& shape) {
  ContextAverageHeadOptions options;
  options.channels = shape.channels;
  options.classes = shape.classes;
  ConfigReader reader(config, "model.context_average");
  reader.Read("dropout", &options.dropout, Between(0, kMaxDropout));
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

HeadNeeds NeedsOf(const ContextAverageHeadOptions& options) {
  HeadNeeds needs;
  needs.classes = options.classes;
  needs.relation_width = 2 * options.channels;
  return needs;
}

}  // namespace mrsn::baselines

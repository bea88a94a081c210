#include "mrsn/head/linear_head_config.h"

#include "mrsn/config_limits.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn {

absl::StatusOr<LinearHeadOptions> ReadHead(const LinearHeadConfig& config, const HeadShape& shape) {
  LinearHeadOptions options;
  options.channels = shape.channels;
  options.classes = shape.classes;
  ConfigReader reader(config, "model.linear");
  reader.Read("dropout", &options.dropout, Between(0, kMaxDropout));
  reader.Read("dropout_before_pool", &options.dropout_before_pool);
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

HeadNeeds NeedsOf(const LinearHeadOptions& options) {
  HeadNeeds needs;
  needs.classes = options.classes;
  needs.relation_width = options.channels;
  return needs;
}

}  // namespace mrsn

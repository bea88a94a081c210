#include "mrsn/baselines/acar/acar_config.h"

#include "mrsn/config_limits.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn::baselines {

absl::StatusOr<AcarHeadOptions> ReadHead(const AcarHeadConfig& config, const HeadShape& shape) {
  AcarHeadOptions options;
  options.channels = shape.channels;
  options.classes = shape.classes;
  ConfigReader reader(config, "model.acar");
  reader.Read("reduced_width", &options.reduced_width, Between(1, kMaxChannels));
  reader.Read("width", &options.width, Between(1, kMaxChannels));
  reader.Read("depth", &options.depth, Between(1, 8));
  reader.Read("kernel", &options.kernel, OddUpTo(31));
  reader.Read("output_kernel", &options.output_kernel, OddUpTo(31));
  reader.Read("relation_dropout", &options.relation_dropout, Between(0, kMaxDropout));
  reader.Read("dropout", &options.dropout, Between(0, kMaxDropout));
  reader.Read("bank_grid", &options.bank_grid, Between(1, 64));
  if (config.has_long_term()) {
    AcarLongTermOptions& long_term = options.long_term.emplace();
    ConfigReader inside = reader.In("long_term");
    inside.Read("window_seconds", &long_term.window_seconds, Between(1, kMaxWindowSeconds));
    inside.Read("depth", &long_term.depth, Between(1, 8));
  }
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

HeadNeeds NeedsOf(const AcarHeadOptions& options) {
  HeadNeeds needs;
  needs.classes = options.classes;
  needs.relation_width = options.width * options.bank_grid * options.bank_grid;
  if (options.long_term) needs.bank = {options.long_term->window_seconds, needs.relation_width};
  return needs;
}

}  // namespace mrsn::baselines

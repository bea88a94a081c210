#include "mrsn/baselines/step/step_config.h"

#include "mrsn/config_limits.h"
#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn::baselines {

absl::StatusOr<StepOptions> ReadDetector(const StepConfig& config, int64_t classes) {
  StepOptions options;
  options.classes = classes;
  ConfigReader reader(config, "model.step");
  reader.Read("flow", &options.flow);
  reader.Read("width_divisor", &options.width_divisor, PowersOfTwoUpTo(8));
  reader.Read("dropout", &options.dropout, Between(0, kMaxDropout));
  reader.Read("batch_norm_momentum", &options.batch_norm_momentum, Between(0, 1));
  if (config.grids_size() > 0) options.grids.clear();
  for (int i = 0; i < config.grids_size(); ++i) {
    ProposalGrid& grid = options.grids.emplace_back();
    ConfigReader inside = reader.In("grids", i);
    inside.Require("size", &grid.size, AboveUpTo(0, 1));
    inside.Read("per_axis", &grid.per_axis, Between(1, 16));
  }
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

ModelNeeds NeedsOf(const StepOptions& options) {
  ModelNeeds needs;
  needs.classes = options.classes;
  needs.flow = options.flow;
  needs.boxes = false;
  needs.tubelets = true;
  needs.frames_multiple = 12;
  needs.loss = ClassLoss::kBce;
  return needs;
}

}  // namespace mrsn::baselines

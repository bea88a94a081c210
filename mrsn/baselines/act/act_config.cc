#include "mrsn/baselines/act/act_config.h"

#include "mrsn/model_config.pb.h"
#include "ops/base/config_reader.h"
#include "ops/base/status_macros.h"

namespace mrsn::baselines {

absl::StatusOr<ActOptions> ReadDetector(const ActConfig& config, int64_t classes) {
  ActOptions options;
  options.classes = classes;
  ConfigReader reader(config, "model.act");
  reader.Read("frames", &options.frames, Between(1, 128));
  reader.Read("input_size", &options.backbone.input_size, Between(64, 2048));
  reader.Read("width_divisor", &options.backbone.width_divisor, PowersOfTwoUpTo(32));
  MRSN_RETURN_IF_ERROR(reader.status());
  return options;
}

ModelNeeds NeedsOf(const ActOptions& options) {
  ModelNeeds needs;
  needs.classes = options.classes;
  needs.boxes = false;
  needs.tubelets = true;
  needs.frames = options.frames;
  needs.loss = ClassLoss::kSoftmax;
  return needs;
}

}  // namespace mrsn::baselines

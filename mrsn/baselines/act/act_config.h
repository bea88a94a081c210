// The options of ActDetector, from its message in ModelConfig; without LibTorch.
#ifndef MRSN_MRSN_BASELINES_ACT_ACT_CONFIG_H_
#define MRSN_MRSN_BASELINES_ACT_ACT_CONFIG_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "mrsn/model_needs.h"

namespace mrsn {

class ActConfig;  // mrsn/model_config.pb.h

namespace baselines {

struct VggSsdOptions {
  int64_t input_size = 300;   // pixels a side, 64 or more: with less there are no four levels
  int64_t width_divisor = 1;  // of all channels; a divisor of 64
};

struct ActOptions {
  int64_t classes = 24;  // K
  int64_t frames = 6;    // T; the paper's K
  VggSsdOptions backbone;
};

// For K = `classes`. InvalidArgument names the field ("model.act.width_divisor"), its value and what is
// allowed.
absl::StatusOr<ActOptions> ReadDetector(const ActConfig& config, int64_t classes);

ModelNeeds NeedsOf(const ActOptions& options);

}  // namespace baselines
}  // namespace mrsn

#endif  // MRSN_MRSN_BASELINES_ACT_ACT_CONFIG_H_

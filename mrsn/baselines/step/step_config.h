// The options of StepDetector, from its message in ModelConfig; without LibTorch.
#ifndef MRSN_MRSN_BASELINES_STEP_STEP_CONFIG_H_
#define MRSN_MRSN_BASELINES_STEP_STEP_CONFIG_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "mrsn/baselines/step/proposals.h"
#include "mrsn/model_needs.h"

namespace mrsn {

class StepConfig;  // mrsn/model_config.pb.h

namespace baselines {

struct StepOptions {
  int64_t classes = 24;       // K
  bool flow = true;           // a second I3D, over optical flow
  int64_t width_divisor = 1;  // 1, 2, 4 or 8
  double dropout = 0.3;
  double batch_norm_momentum = 0.01;
  std::vector<ProposalGrid> grids = {{1, 1}, {0.75, 1}, {0.5, 3}};
};

// For K = `classes`. InvalidArgument names the field ("model.step.width_divisor"), its value and what is
// allowed.
absl::StatusOr<StepOptions> ReadDetector(const StepConfig& config, int64_t classes);

ModelNeeds NeedsOf(const StepOptions& options);

}  // namespace baselines
}  // namespace mrsn

#endif  // MRSN_MRSN_BASELINES_STEP_STEP_CONFIG_H_

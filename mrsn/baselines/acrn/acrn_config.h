// The options of AcrnHead, from its message in ModelConfig; without LibTorch.
#ifndef MRSN_MRSN_BASELINES_ACRN_ACRN_CONFIG_H_
#define MRSN_MRSN_BASELINES_ACRN_ACRN_CONFIG_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "mrsn/head/head_shape.h"
#include "mrsn/model_needs.h"

namespace mrsn {

class AcrnHeadConfig;  // mrsn/model_config.pb.h

namespace baselines {

struct AcrnHeadOptions {
  int64_t channels = 2048;  // C
  int64_t classes = 80;     // K
  int64_t width = 2048;     // d
  int64_t layers = 1;       // 3 x 3 convolutions
  double dropout = 0.5;
};

// InvalidArgument names the field ("model.acrn.width"), its value and what is allowed.
absl::StatusOr<AcrnHeadOptions> ReadHead(const AcrnHeadConfig& config, const HeadShape& shape);

HeadNeeds NeedsOf(const AcrnHeadOptions& options);

}  // namespace baselines
}  // namespace mrsn

#endif  // MRSN_MRSN_BASELINES_ACRN_ACRN_CONFIG_H_

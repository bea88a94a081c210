// The options of ContextAverageHead, from its message in ModelConfig; without LibTorch.
#ifndef MRSN_MRSN_BASELINES_CONTEXT_AVERAGE_CONTEXT_AVERAGE_CONFIG_H_
#define MRSN_MRSN_BASELINES_CONTEXT_AVERAGE_CONTEXT_AVERAGE_CONFIG_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "mrsn/head/head_shape.h"
#include "mrsn/model_needs.h"

namespace mrsn {

class ContextAverageHeadConfig;  // mrsn/model_config.pb.h

namespace baselines {

struct ContextAverageHeadOptions {
  int64_t channels = 2048;  // C
  int64_t classes = 80;     // K
  double dropout = 0.5;
};

// InvalidArgument names the field ("model.context_average.dropout"), its value and what is allowed.
absl::StatusOr<ContextAverageHeadOptions> ReadHead(const ContextAverageHeadConfig& config,
                                                   const HeadShape& shape);

HeadNeeds NeedsOf(const ContextAverageHeadOptions& options);

}  // namespace baselines
}  // namespace mrsn

#endif  // MRSN_MRSN_BASELINES_CONTEXT_AVERAGE_CONTEXT_AVERAGE_CONFIG_H_

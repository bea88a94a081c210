// The options of LinearHead, from its message in ModelConfig; without LibTorch.
#ifndef MRSN_MRSN_HEAD_LINEAR_HEAD_CONFIG_H_
#define MRSN_MRSN_HEAD_LINEAR_HEAD_CONFIG_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "mrsn/head/head_shape.h"
#include "mrsn/model_needs.h"

namespace mrsn {

class LinearHeadConfig;  // mrsn/model_config.pb.h

struct LinearHeadOptions {
  int64_t channels = 2048;  // C
  int64_t classes = 80;     // K
  double dropout = 0.5;
  bool dropout_before_pool = false;  // on the cells, as mmaction2, not on G
};

// InvalidArgument names the field ("model.linear.dropout"), its value and what is allowed.
absl::StatusOr<LinearHeadOptions> ReadHead(const LinearHeadConfig& config, const HeadShape& shape);

HeadNeeds NeedsOf(const LinearHeadOptions& options);

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_LINEAR_HEAD_CONFIG_H_

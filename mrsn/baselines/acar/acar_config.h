// The options of AcarHead, from its message in ModelConfig; without LibTorch.
#ifndef MRSN_MRSN_BASELINES_ACAR_ACAR_CONFIG_H_
#define MRSN_MRSN_BASELINES_ACAR_ACAR_CONFIG_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "mrsn/head/head_shape.h"
#include "mrsn/model_needs.h"

namespace mrsn {

class AcarHeadConfig;  // mrsn/model_config.pb.h

namespace baselines {

// The defaults are the R-50 configuration's; R-101's is depth 1, output_kernel 1.
struct AcarLongTermOptions {
  int64_t window_seconds = 10;  // before and after the clip
  int64_t depth = 1;            // HR2O layers over the bank
};

struct AcarHeadOptions {
  int64_t channels = 2048;        // C
  int64_t classes = 80;           // K
  int64_t reduced_width = 1024;   // r
  int64_t width = 512;            // c
  int64_t depth = 2;              // HR2O layers over the clip's persons
  int64_t kernel = 3;             // of HR2O's queries, keys and values; odd
  int64_t output_kernel = 3;      // of HR2O's last convolution; odd
  double relation_dropout = 0.2;  // in HR2O
  double dropout = 0;             // before the classifier
  int64_t bank_grid = 7;
  std::optional<AcarLongTermOptions> long_term;
};

// InvalidArgument names the field ("model.acar.depth"), its value and what is allowed.
absl::StatusOr<AcarHeadOptions> ReadHead(const AcarHeadConfig& config, const HeadShape& shape);

HeadNeeds NeedsOf(const AcarHeadOptions& options);

}  // namespace baselines
}  // namespace mrsn

#endif  // MRSN_MRSN_BASELINES_ACAR_ACAR_CONFIG_H_

// The options of AiaHead, from its message in ModelConfig; without LibTorch.
#ifndef MRSN_MRSN_BASELINES_AIA_AIA_CONFIG_H_
#define MRSN_MRSN_BASELINES_AIA_AIA_CONFIG_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "mrsn/head/head_shape.h"
#include "mrsn/model_needs.h"

namespace mrsn {

class AiaHeadConfig;  // mrsn/model_config.pb.h

namespace baselines {

enum class AiaStructure { kSerial, kDenseSerial, kParallel };

struct AiaHeadOptions {
  // Keys per person that zero vectors fill up to; 0: none. AlphAction: 25, 5, 5.
  struct Padding {
    int64_t persons = 0, objects = 0, memory_per_second = 0;
  };
  int64_t channels = 2048;    // C
  int64_t classes = 80;       // K
  int64_t bank_width = 2048;  // of the memory's features
  AiaStructure structure = AiaStructure::kDenseSerial;
  bool objects = true;               // O blocks
  bool memory = true;                // M blocks; without them no bank is read
  bool asynchronous_memory = false;  // of its own S, so that bank_width = channels; see above
  int64_t repeats = 2;               // of P, O, M
  int64_t width = 1024;              // d
  int64_t window_seconds = 30;       // before and after the clip
  int64_t mlp_width = 1024;          // of G
  double layer_dropout = 0.2;        // of queries, keys and each block's branch
  double dropout = 0.2;              // before the classifier
  Padding padding;
};

// InvalidArgument names the field ("model.aia.width"), its value and what is allowed.
absl::StatusOr<AiaHeadOptions> ReadHead(const AiaHeadConfig& config, const HeadShape& shape);

HeadNeeds NeedsOf(const AiaHeadOptions& options);

}  // namespace baselines
}  // namespace mrsn

#endif  // MRSN_MRSN_BASELINES_AIA_AIA_CONFIG_H_

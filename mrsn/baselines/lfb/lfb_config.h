// The options of LfbHead, from its message in ModelConfig; without LibTorch.
#ifndef MRSN_MRSN_BASELINES_LFB_LFB_CONFIG_H_
#define MRSN_MRSN_BASELINES_LFB_LFB_CONFIG_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "mrsn/head/head_shape.h"
#include "mrsn/model_needs.h"

namespace mrsn {

class LfbHeadConfig;  // mrsn/model_config.pb.h

namespace baselines {

enum class FeatureBankOperator { kNonLocal, kAverage, kMax };

struct LfbHeadOptions {
  int64_t channels = 2048;    // C
  int64_t classes = 80;       // K
  int64_t bank_width = 2048;  // of the bank's features
  FeatureBankOperator op = FeatureBankOperator::kNonLocal;
  // Seconds before the clip; its own second and window_seconds - 1 after it make the
  // paper's 60 of an even window.
  int64_t window_seconds = 30;
  int64_t layers = 2;          // non-local; the paper's R-101 has 3, too
  int64_t width = 512;         // c
  double layer_dropout = 0.2;  // of S W, L W' and each layer's branch
  double dropout = 0.3;        // before the classifier
  bool affine_norm = false;
  // Entries of each clip and second that are drawn, anew in each pass, without replacement and
  // independent of the persons; 0: all.
  int64_t sampled_per_second = 0;
  bool sample_in_evaluation = false;
};

// InvalidArgument names the field ("model.lfb.width"), its value and what is allowed.
absl::StatusOr<LfbHeadOptions> ReadHead(const LfbHeadConfig& config, const HeadShape& shape);

// G is C + c wide, with AVERAGE and MAX C + the bank's width.
HeadNeeds NeedsOf(const LfbHeadOptions& options);

}  // namespace baselines
}  // namespace mrsn

#endif  // MRSN_MRSN_BASELINES_LFB_LFB_CONFIG_H_

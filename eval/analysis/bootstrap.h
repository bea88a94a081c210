// The uncertainty of a frame-mAP: bootstrap over videos.
#ifndef MRSN_EVAL_ANALYSIS_BOOTSTRAP_H_
#define MRSN_EVAL_ANALYSIS_BOOTSTRAP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "eval/frame_map.h"

namespace mrsn::eval {

struct BootstrapOptions {
  int samples = 1000;
  uint64_t seed = 1;
  int num_threads = 0;  // 0 = the machine's; does not change the result
};

// AP and frame-mAP of each resampling.
struct Resampled {
  std::vector<std::optional<double>> frame_map;               // [sample]
  std::vector<std::vector<std::optional<double>>> per_class;  // [class][sample]
};

// Names of the videos that take part: those with ground truth or a scored detection.
std::vector<std::string> EvaluatedVideos(const FrameMapEvaluator& evaluator, const MatchedFrames& matched);

// Draws as many of `videos` as there are, with replacement, and computes AP on what
// was drawn; a video drawn twice counts twice. Keyframes of one video are far from
// independent, hence videos and not keyframes are drawn. Matching is not repeated:
// it happens within keyframes. The draws depend on the seed and the list of videos
// only, so two evaluators given the same list are resampled in pairs.
Resampled Resample(const FrameMapEvaluator& evaluator, const MatchedFrames& matched,
                   const std::vector<std::string>& videos, const BootstrapOptions& options);

// The values between which the middle 95 % of the defined samples lie (percentile
// method, linear between samples); no value without a defined sample.
std::optional<std::pair<double, double>> ConfidenceInterval95(
    absl::Span<const std::optional<double>> samples);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_ANALYSIS_BOOTSTRAP_H_

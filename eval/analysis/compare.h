// Compares two detection files: the difference of their AP and its uncertainty.
#ifndef MRSN_EVAL_ANALYSIS_COMPARE_H_
#define MRSN_EVAL_ANALYSIS_COMPARE_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "eval/analysis/bootstrap.h"
#include "eval/frame_map.h"

namespace mrsn::eval {

struct Difference {
  std::optional<double> a, b;                         // AP or mAP of each, in [0, 1]
  std::optional<double> difference;                   // b - a
  std::optional<std::pair<double, double>> interval;  // 95 %, paired bootstrap over videos
  // Share of resamplings in which b > a (equal ones count half).
  std::optional<double> b_better;
};

struct ClassDifference {
  int id = 0;
  std::string name;
  Difference ap;
};

struct Comparison {
  Protocol protocol = Protocol::kOfficial2019;
  double iou_threshold = 0.5;
  int samples = 0, num_videos = 0;
  Difference frame_map;
  std::vector<std::string> counts_a, counts_b;  // CountsText of each
  std::vector<ClassDifference> per_class;
};

// Both evaluators must hold the same ground truth under the same options; every
// resampling draws the same videos for both. An error if the options or the numbers of
// ground truth rows of a class differ.
absl::StatusOr<Comparison> Compare(const FrameMapEvaluator& a, const FrameMapEvaluator& b,
                                   const BootstrapOptions& options);

std::string ToJson(const Comparison& comparison);
std::string ToText(const Comparison& comparison, const std::string& name_a, const std::string& name_b);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_ANALYSIS_COMPARE_H_

// From true and false positives in order of score to average precision.
#ifndef MRSN_EVAL_AVERAGE_PRECISION_H_
#define MRSN_EVAL_AVERAGE_PRECISION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "eval/protocol.h"

namespace mrsn::eval {

// `hits[i]` != 0: the detection with the i-th best score is a true positive.
// With P_i and R_i the precision and recall after detection i:
//   kEveryPoint   sum over recall steps of (R_i - R_(i-1)) * max_(j >= i) P_j          (VOC 2010)
//   kElevenPoint  mean over r = 0, 0.1 .. 1 of max_(R_j >= r) P_j, r = i * 0.1 in double (VOC 2007)
//   kTrapezoid    sum of (R_i - R_(i-1)) * (P_i + P_(i-1)) / 2 from (R, P) = (0, 1), without
//                 envelope; the curve and the sum in float32, summed pairwise as numpy does
// Without ground truth: undefined, except kTrapezoid without detections, which is 0.
std::optional<double> AveragePrecision(ApKind kind, absl::Span<const uint8_t> hits, int64_t num_gt);

// The same with every detection counted `weight[group[i]]` times (0 = not there) and
// `num_gt` counted likewise: the bootstrap's resampled curve, groups being videos.
std::optional<double> WeightedAveragePrecision(ApKind kind, absl::Span<const uint8_t> hits,
                                               absl::Span<const int32_t> group,
                                               absl::Span<const uint16_t> weight, int64_t num_gt);

// numpy's float32 sum (blocks of 128, eight accumulators) and mean.
float NumpySum(absl::Span<const float> values);
float NumpyMean(absl::Span<const float> values);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_AVERAGE_PRECISION_H_

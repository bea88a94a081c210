// Non-maximum suppression: of overlapping candidates the one with the highest score stays.
#ifndef MRSN_MRSN_BASELINES_ANCHORS_NMS_H_
#define MRSN_MRSN_BASELINES_ANCHORS_NMS_H_

#include <functional>
#include <vector>

#include "absl/types/span.h"

namespace mrsn::baselines {

// Goes through the scores from the highest (of equals the first) and keeps a candidate unless it overlaps a
// kept one by more than `threshold`. Returns the kept candidates in that order. No score may be NaN.
std::vector<int> SuppressNonMaxima(absl::Span<const float> scores,
                                   const std::function<float(int, int)>& overlap, float threshold);

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ANCHORS_NMS_H_

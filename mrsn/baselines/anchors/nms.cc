#include "mrsn/baselines/anchors/nms.h"

#include <algorithm>
#include <numeric>

namespace mrsn::baselines {

std::vector<int> SuppressNonMaxima(absl::Span<const float> scores,
                                   const std::function<float(int, int)>& overlap, float threshold) {
  std::vector<int> order(scores.size()), kept;
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return scores[a] > scores[b]; });
  for (const int candidate : order) {
    const bool suppressed = std::any_of(kept.begin(), kept.end(),
                                        [&](int better) { return overlap(better, candidate) > threshold; });
    if (!suppressed) kept.push_back(candidate);
  }
  return kept;
}

}  // namespace mrsn::baselines

#include "datasets/tubelets.h"

#include <algorithm>
#include <iterator>

namespace mrsn::datasets {

std::vector<Box> MakeTubelet(const Tube& tube, const std::vector<int64_t>& frames, int64_t centre) {
  const auto first = tube.lower_bound(std::min(frames.front(), centre));
  const auto end = tube.upper_bound(std::max(frames.back(), centre));
  std::vector<Box> boxes;
  for (const int64_t frame : frames) {
    auto nearest = tube.lower_bound(frame);  // at `frame` or after it
    const auto before = nearest == first ? nearest : std::prev(nearest);
    if (nearest == end || frame - before->first <= nearest->first - frame) nearest = before;
    boxes.push_back(nearest->second);
  }
  return boxes;
}

}  // namespace mrsn::datasets

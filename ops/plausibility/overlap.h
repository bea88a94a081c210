// Overlap of boxes for the checks.
#ifndef MRSN_OPS_PLAUSIBILITY_OVERLAP_H_
#define MRSN_OPS_PLAUSIBILITY_OVERLAP_H_

#include <algorithm>

#include "ops/formats/annotation_box.h"

namespace mrsn::plausibility {

// Boxes that overlap this much are taken for boxes of one person.
inline constexpr double kMeets = 0.5;

// Intersection over union; 0 for boxes without area.
inline double Overlap(const formats::BoxD& a, const formats::BoxD& b) {
  if (!a.Valid() || !b.Valid()) return 0;
  const double width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const double height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (!(width > 0) || !(height > 0)) return 0;
  const double intersection = width * height;
  return intersection / (a.Area() + b.Area() - intersection);
}

}  // namespace mrsn::plausibility

#endif  // MRSN_OPS_PLAUSIBILITY_OVERLAP_H_

// Matches each candidate (an anchor, a proposal) with the truth that it learns, if any.
#ifndef MRSN_MRSN_BASELINES_ANCHORS_MATCHING_H_
#define MRSN_MRSN_BASELINES_ANCHORS_MATCHING_H_

#include <vector>

#include "absl/types/span.h"
#include "ops/base/box.h"

namespace mrsn::baselines {

// Mean over frames of the boxes' intersection over union: of two tubelets of one length.
float MeanOverlap(absl::Span<const Box> a, absl::Span<const Box> b);

struct Overlaps {
  int candidates = 0, truths = 0;
  std::vector<float> values;  // [candidates, truths]
  float At(int candidate, int truth) const { return values[candidate * truths + truth]; }
};

// Tubelets of `frames` boxes, one after the other, against each other.
Overlaps MeanOverlaps(absl::Span<const Box> candidates, absl::Span<const Box> truths, int frames);

constexpr int kUnmatched = -1;

// For each candidate the truth it is matched with, or kUnmatched. As SSD (Liu et al., ECCV
// 2016, sec. 2.2; public code): first each truth gets a candidate of its own, the pair that
// overlaps most before all others, as long as it overlaps at all (1e-6); then every other
// candidate whose best truth overlaps by `threshold` or more is matched with that. Of equals
// the first is taken.
std::vector<int> Match(const Overlaps& overlaps, float threshold);

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ANCHORS_MATCHING_H_

#include "mrsn/baselines/anchors/matching.h"

namespace mrsn::baselines {

float MeanOverlap(absl::Span<const Box> a, absl::Span<const Box> b) {
  float sum = 0;
  for (size_t t = 0; t < a.size(); ++t) sum += IntersectionOverUnion(a[t], b[t]);
  return sum / static_cast<float>(a.size());
}

Overlaps MeanOverlaps(absl::Span<const Box> candidates, absl::Span<const Box> truths, int frames) {
  Overlaps overlaps;
  overlaps.candidates = static_cast<int>(candidates.size()) / frames;
  overlaps.truths = static_cast<int>(truths.size()) / frames;
  overlaps.values.reserve(overlaps.candidates * overlaps.truths);
  for (int c = 0; c < overlaps.candidates; ++c) {
    for (int t = 0; t < overlaps.truths; ++t) {
      overlaps.values.push_back(
          MeanOverlap(candidates.subspan(c * frames, frames), truths.subspan(t * frames, frames)));
    }
  }
  return overlaps;
}

std::vector<int> Match(const Overlaps& overlaps, float threshold) {
  constexpr float kLeast = 1e-6f;
  std::vector<int> matched(overlaps.candidates, kUnmatched);
  std::vector<bool> served(overlaps.truths, false);
  for (int round = 0; round < overlaps.truths; ++round) {
    float best = kLeast;
    int best_candidate = kUnmatched, best_truth = kUnmatched;
    for (int c = 0; c < overlaps.candidates; ++c) {
      if (matched[c] != kUnmatched) continue;
      for (int t = 0; t < overlaps.truths; ++t) {
        if (!served[t] && overlaps.At(c, t) > best) {
          best = overlaps.At(c, t);
          best_candidate = c;
          best_truth = t;
        }
      }
    }
    if (best_candidate == kUnmatched) break;
    matched[best_candidate] = best_truth;
    served[best_truth] = true;
  }
  for (int c = 0; c < overlaps.candidates; ++c) {
    if (matched[c] != kUnmatched) continue;
    float best = 0;
    for (int t = 0; t < overlaps.truths; ++t) {
      if (overlaps.At(c, t) >= threshold && overlaps.At(c, t) > best) {
        best = overlaps.At(c, t);
        matched[c] = t;
      }
    }
  }
  return matched;
}

}  // namespace mrsn::baselines

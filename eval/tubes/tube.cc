#include "eval/tubes/tube.h"

#include <algorithm>

namespace mrsn::eval {

double PixelOverlap(const formats::BoxD& a, const formats::BoxD& b) {
  const double width = std::max(0.0, std::min(a.x2, b.x2) - std::max(a.x1, b.x1) + 1);
  const double height = std::max(0.0, std::min(a.y2, b.y2) - std::max(a.y1, b.y1) + 1);
  const double intersection = width * height;
  const double area_a = (a.x2 - a.x1 + 1) * (a.y2 - a.y1 + 1);
  const double area_b = (b.x2 - b.x1 + 1) * (b.y2 - b.y1 + 1);
  return intersection / (area_a + area_b - intersection);
}

double TubeOverlap(const Tube& a, const Tube& b) {
  const int64_t first = std::max(a.first_frame, b.first_frame);
  const int64_t last = std::min(a.last_frame(), b.last_frame());
  if (last < first) return 0;
  double sum = 0;
  for (int64_t frame = first; frame <= last; ++frame)
    sum += PixelOverlap(a.boxes[frame - a.first_frame], b.boxes[frame - b.first_frame]);
  const double common = last - first + 1;
  const double all = std::max(a.last_frame(), b.last_frame()) - std::min(a.first_frame, b.first_frame) + 1;
  return sum / common * (common / all);
}

void FillGap(int64_t steps, const formats::BoxD& next, std::vector<formats::BoxD>* boxes) {
  const formats::BoxD begin = boxes->back();
  for (int64_t i = 1; i < steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    const auto between = [t](double a, double b) { return a + t * (b - a); };
    boxes->push_back({between(begin.x1, next.x1), between(begin.y1, next.y1), between(begin.x2, next.x2),
                      between(begin.y2, next.y2)});
  }
}

std::vector<Tube> SuppressTubes(std::vector<Tube> tubes, double threshold) {
  std::stable_sort(tubes.begin(), tubes.end(),
                   [](const Tube& a, const Tube& b) { return a.score > b.score; });
  std::vector<Tube> kept;
  for (Tube& tube : tubes) {
    const bool free = std::all_of(kept.begin(), kept.end(),
                                  [&](const Tube& better) { return TubeOverlap(tube, better) <= threshold; });
    if (free) kept.push_back(std::move(tube));
  }
  return kept;
}

}  // namespace mrsn::eval

// A person's box.
#ifndef MRSN_OPS_BASE_BOX_H_
#define MRSN_OPS_BASE_BOX_H_

#include <algorithm>

namespace mrsn {

// Corners of an axis-aligned box, normalised to the frame: x by its width, y by
// its height, origin at the upper left, so that a box inside the frame lies in
// [0,1]. (x1,y1) is the upper left corner. Pixel boxes are converted where they
// are read.
struct Box {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;

  float Area() const { return std::max(0.0f, x2 - x1) * std::max(0.0f, y2 - y1); }
  bool Valid() const { return x1 < x2 && y1 < y2; }  // false for NaN, too
  friend bool operator==(const Box& a, const Box& b) {
    return a.x1 == b.x1 && a.y1 == b.y1 && a.x2 == b.x2 && a.y2 == b.y2;
  }
};

// Intersection over union without the +1 of pixel boxes; 0 for an empty union.
inline float IntersectionOverUnion(const Box& a, const Box& b) {
  const float width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const float height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (!(width > 0) || !(height > 0)) return 0;
  const float intersection = width * height;
  return intersection / (a.Area() + b.Area() - intersection);
}

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_BOX_H_

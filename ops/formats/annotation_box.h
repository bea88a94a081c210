// A box as annotation files write it, in double, as the published evaluators compute.
#ifndef MRSN_OPS_FORMATS_ANNOTATION_BOX_H_
#define MRSN_OPS_FORMATS_ANNOTATION_BOX_H_

#include <cmath>

namespace mrsn::formats {

// Corners, origin at the upper left; in the file's unit: AVA normalised to the frame (0..1,
// nothing is clipped), UCF101-24 pixels of 320x240.
struct BoxD {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;

  bool Valid() const { return x1 < x2 && y1 < y2; }
  bool Inverted() const { return x2 < x1 || y2 < y1; }
  bool Finite() const {
    return std::isfinite(x1) && std::isfinite(y1) && std::isfinite(x2) && std::isfinite(y2);
  }
  double Area() const { return (x2 - x1) * (y2 - y1); }
  friend bool operator==(const BoxD& a, const BoxD& b) {
    return a.x1 == b.x1 && a.y1 == b.y1 && a.x2 == b.x2 && a.y2 == b.y2;
  }
};

}  // namespace mrsn::formats

#endif  // MRSN_OPS_FORMATS_ANNOTATION_BOX_H_

// Describes how the pixels of a frame become the numbers that a network reads. Data sets state it, and
// scale_pixels.h carries it out.
#ifndef MRSN_OPS_CLIP_PIXEL_SCALING_H_
#define MRSN_OPS_CLIP_PIXEL_SCALING_H_

#include <array>

namespace mrsn {

// A pixel's value v, 0 to 255, becomes (v / divisor - mean) / std. The defaults are PySlowFast's.
struct PixelScaling {
  float divisor = 255;                                  // above 0
  std::array<float, 3> mean = {0.45f, 0.45f, 0.45f};    // of R, G, B, whatever the order below
  std::array<float, 3> std = {0.225f, 0.225f, 0.225f};  // of R, G, B; above 0
  bool bgr = false;                                     // the network's channels are B, G, R

  friend bool operator==(const PixelScaling& a, const PixelScaling& b) {
    return a.divisor == b.divisor && a.mean == b.mean && a.std == b.std && a.bgr == b.bgr;
  }
  friend bool operator!=(const PixelScaling& a, const PixelScaling& b) { return !(a == b); }
};

}  // namespace mrsn

#endif  // MRSN_OPS_CLIP_PIXEL_SCALING_H_

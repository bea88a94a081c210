// The frame of a video whose persons are detected and scored.
#ifndef MRSN_OPS_BASE_KEYFRAME_H_
#define MRSN_OPS_BASE_KEYFRAME_H_

#include <string>
#include <tuple>
#include <utility>

#include "ops/base/timestamp.h"

namespace mrsn {

// AVA annotates one frame a second and names it by the second (902..1798); data of AVA's layout may have key
// frames at fractions of a second. UCF101-24 annotates every frame and names it by its 1-based number.
struct Keyframe {
  std::string video;
  Timestamp timestamp;  // a second (AVA, micro_world) or a 1-based frame number (UCF101-24), which is whole

  friend bool operator==(const Keyframe& a, const Keyframe& b) {
    return a.timestamp == b.timestamp && a.video == b.video;
  }
  friend bool operator<(const Keyframe& a, const Keyframe& b) {
    return std::tie(a.video, a.timestamp) < std::tie(b.video, b.timestamp);
  }
  template <typename H>
  friend H AbslHashValue(H h, const Keyframe& k) {
    return H::combine(std::move(h), k.video, k.timestamp);
  }
};

}  // namespace mrsn

#endif  // MRSN_OPS_BASE_KEYFRAME_H_

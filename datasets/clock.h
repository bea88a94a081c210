// Which frame of a video a second is.
#ifndef MRSN_DATASETS_CLOCK_H_
#define MRSN_DATASETS_CLOCK_H_

#include <cmath>
#include <cstdint>

#include "ops/base/timestamp.h"

namespace mrsn::datasets {

// Of folders of images and of video files alike: a video's frames lie 1 / frames_per_second apart, the first
// one at first_second.
struct Clock {
  double first_second = 900, frames_per_second = 30;

  // Number (second - first_second) * frames_per_second from 0, rounded to the nearest frame, a half to the
  // later one; negative before the first frame. With 25 frames a second from second 900 on, second 903 is
  // frame 75 and second 903.5, between frames 87 and 88, is frame 88.
  int64_t FrameAt(Timestamp second) const {
    const Timestamp since = second - Timestamp::Nearest(first_second);
    return std::llround(since.value() * frames_per_second);
  }
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CLOCK_H_

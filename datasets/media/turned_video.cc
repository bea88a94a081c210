#include "datasets/media/turned_video.h"

#include <cstdio>
#include <cstdlib>

namespace mrsn::datasets {

std::string TurnedMp4(std::string mp4, cv::RotateFlags rotation) {
  // 16.16 fixed point, big-endian.
  const std::string one("\0\1\0\0", 4), minus("\xff\xff\0\0", 4), zero(4, '\0');
  const size_t header = mp4.find("tkhd");
  // Behind version, times, id, duration, reserved, layer, group and volume.
  const size_t matrix = header + 4 + 40;
  if (header == std::string::npos || mp4.compare(matrix, 4, one) != 0) {
    std::fprintf(stderr, "TurnedMp4: no track header without a turn\n");
    std::abort();
  }
  const bool half = rotation == cv::ROTATE_180, clockwise = rotation == cv::ROTATE_90_CLOCKWISE;
  const std::string a = half ? minus : zero, b = half ? zero : clockwise ? one : minus;
  const std::string c = half ? zero : clockwise ? minus : one;
  mp4.replace(matrix, 8, a + b);
  mp4.replace(matrix + 12, 8, c + a);
  return mp4;
}

}  // namespace mrsn::datasets

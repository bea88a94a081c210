#include "datasets/transforms.h"

#include <algorithm>
#include <array>

#include "opencv2/imgproc.hpp"

namespace mrsn::datasets {

FrameSize ScaledSize(FrameSize size, int short_side) {
  const int shorter = std::min(size.width, size.height);
  if (short_side == 0 || shorter == short_side) return size;
  return {static_cast<int>(int64_t{size.width} * short_side / shorter),
          static_cast<int>(int64_t{size.height} * short_side / shorter)};
}

FrameStack TransformFrames(const std::vector<const cv::Mat*>& frames, const TransformOptions& options) {
  FrameStack stack;
  if (frames.empty()) return stack;
  const FrameSize size = ScaledSize({frames[0]->cols, frames[0]->rows}, options.short_side);
  stack.frames = static_cast<int>(frames.size());
  stack.height = size.height;
  stack.width = size.width;
  const size_t plane = static_cast<size_t>(size.height) * size.width;
  stack.values.resize(3 * frames.size() * plane);

  std::array<float, 256> normalised;  // 256 divisions instead of one a pixel
  for (int value = 0; value < 256; ++value) normalised[value] = (value / 255.0f - options.mean) / options.std;

  cv::Mat scaled;
  for (size_t t = 0; t < frames.size(); ++t) {
    const cv::Mat* frame = frames[t];
    if (frame->cols != size.width || frame->rows != size.height) {
      cv::resize(*frame, scaled, cv::Size(size.width, size.height), 0, 0, cv::INTER_LINEAR);
      frame = &scaled;
    }
    float* red = stack.values.data() + t * plane;
    float* green = red + frames.size() * plane;
    float* blue = green + frames.size() * plane;
    const int step = options.flip ? -1 : 1;
    for (int y = 0; y < size.height; ++y) {
      const uint8_t* pixel = frame->ptr<uint8_t>(y);
      int64_t to = static_cast<int64_t>(y) * size.width + (options.flip ? size.width - 1 : 0);
      for (int x = 0; x < size.width; ++x, pixel += 3, to += step) {
        red[to] = normalised[pixel[0]];
        green[to] = normalised[pixel[1]];
        blue[to] = normalised[pixel[2]];
      }
    }
  }
  return stack;
}

}  // namespace mrsn::datasets

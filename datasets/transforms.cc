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

namespace {

// Room for `frames` frames of the size that `first` becomes.
FrameStack MakeStack(int channels, size_t frames, const cv::Mat& first, const TransformOptions& options) {
  const FrameSize size = ScaledSize({first.cols, first.rows}, options.short_side);
  FrameStack stack;
  stack.channels = channels;
  stack.frames = static_cast<int>(frames);
  stack.height = size.height;
  stack.width = size.width;
  stack.values.resize(channels * frames * size.height * size.width);
  return stack;
}

}  // namespace

FrameStack TransformFrames(const std::vector<const cv::Mat*>& frames, const TransformOptions& options) {
  if (frames.empty()) return FrameStack();
  FrameStack stack = MakeStack(3, frames.size(), *frames[0], options);
  const FrameSize size = {stack.width, stack.height};
  const size_t plane = static_cast<size_t>(size.height) * size.width;

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

FrameStack TransformFlow(const std::vector<cv::Mat>& flow, const TransformOptions& options) {
  if (flow.empty()) return FrameStack();
  FrameStack stack = MakeStack(2, flow.size(), flow[0], options);
  const size_t plane = static_cast<size_t>(stack.height) * stack.width;
  cv::Mat scaled;
  for (size_t t = 0; t < flow.size(); ++t) {
    cv::resize(flow[t], scaled, cv::Size(stack.width, stack.height), 0, 0, cv::INTER_LINEAR);
    float* x_to = stack.values.data() + t * plane;
    float* y_to = x_to + flow.size() * plane;
    for (int row = 0; row < stack.height; ++row) {
      const auto* from = scaled.ptr<cv::Vec2f>(row);
      for (int column = 0; column < stack.width; ++column, ++x_to, ++y_to) {
        const cv::Vec2f& motion = from[options.flip ? stack.width - 1 - column : column];
        *x_to = options.flip ? -motion[0] : motion[0];
        *y_to = motion[1];
      }
    }
  }
  return stack;
}

}  // namespace mrsn::datasets

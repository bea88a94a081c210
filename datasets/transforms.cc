#include "datasets/transforms.h"

#include <algorithm>

#include "opencv2/imgproc.hpp"

namespace mrsn::datasets {

FrameSize ScaledSize(FrameSize size, int short_side) {
  const int shorter = std::min(size.width, size.height);
  if (short_side == 0 || shorter == short_side) return size;
  return {static_cast<int>(int64_t{size.width} * short_side / shorter),
          static_cast<int>(int64_t{size.height} * short_side / shorter)};
}

ClipGeometry WholeFrame(FrameSize scaled, bool flip) { return {scaled, 0, 0, scaled, flip}; }

namespace {

// Resized and cut out, not mirrored. Shares memory where it can.
cv::Mat Cut(const cv::Mat& image, const ClipGeometry& geometry) {
  cv::Mat scaled = image;
  const cv::Size size(geometry.scaled.width, geometry.scaled.height);
  if (image.size() != size) cv::resize(image, scaled, size, 0, 0, cv::INTER_LINEAR);
  return scaled(cv::Rect(geometry.left, geometry.top, geometry.size.width, geometry.size.height));
}

// Room for `frames` frames.
template <typename Stack>
Stack MakeStack(size_t frames, FrameSize size) {
  Stack stack;
  stack.frames = static_cast<int>(frames);
  stack.height = size.height;
  stack.width = size.width;
  stack.values.resize(Stack::kChannels * frames * size.height * size.width);
  return stack;
}

// Writes the channels of a frame to their planes of the stack.
template <typename Value, int channels>
void PutFrame(const cv::Mat& frame, size_t t, PlaneStack<Value, channels>* stack) {
  const size_t plane = static_cast<size_t>(stack->height) * stack->width;
  cv::Mat planes[channels];
  for (int c = 0; c < channels; ++c) {
    planes[c] = cv::Mat(stack->height, stack->width, cv::DataType<Value>::type,
                        stack->values.data() + (c * stack->frames + t) * plane);
  }
  cv::split(frame, planes);  // into the memory given, whose size and type are right
}

float Clipped(float x) { return std::clamp(x, 0.0f, 1.0f); }

}  // namespace

cv::Mat TransformFrame(const cv::Mat& frame, const ClipGeometry& geometry) {
  cv::Mat cut = Cut(frame, geometry);
  if (!geometry.flip) return cut;
  cv::Mat mirrored;
  cv::flip(cut, mirrored, 1);
  return mirrored;
}

FrameStack StackFrames(const std::vector<const cv::Mat*>& frames) {
  if (frames.empty()) return FrameStack();
  auto stack = MakeStack<FrameStack>(frames.size(), {frames[0]->cols, frames[0]->rows});
  for (size_t t = 0; t < frames.size(); ++t) PutFrame(*frames[t], t, &stack);
  return stack;
}

FlowStack TransformFlow(const std::vector<cv::Mat>& flow, const ClipGeometry& geometry) {
  if (flow.empty()) return FlowStack();
  auto stack = MakeStack<FlowStack>(flow.size(), geometry.size);
  const size_t plane = static_cast<size_t>(stack.height) * stack.width;
  for (size_t t = 0; t < flow.size(); ++t) {
    PutFrame(TransformFrame(flow[t], geometry), t, &stack);
    if (!geometry.flip) continue;
    float* x = stack.values.data() + t * plane;
    for (size_t i = 0; i < plane; ++i) x[i] = -x[i];
  }
  return stack;
}

Box MoveBox(const Box& box, const ClipGeometry& geometry) {
  Box moved = box;
  const auto& [scaled, left, top, size, flip] = geometry;
  if (size.width != scaled.width || size.height != scaled.height) {
    moved.x1 = Clipped((box.x1 * scaled.width - left) / size.width);
    moved.x2 = Clipped((box.x2 * scaled.width - left) / size.width);
    moved.y1 = Clipped((box.y1 * scaled.height - top) / size.height);
    moved.y2 = Clipped((box.y2 * scaled.height - top) / size.height);
  }
  return flip ? FlipBox(moved) : moved;
}

}  // namespace mrsn::datasets

#include "datasets/transforms.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "datasets/pixels/bilinear.h"
#include "datasets/pixels/row_kernels.h"
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

// Turns frames of one size into planes, row by row. It equals TransformFrame in every bit.
class FrameStacker::RowTransformer {
 public:
  // Null: only TransformFrame can do it.
  static std::unique_ptr<RowTransformer> Make(cv::Size from, const ClipGeometry& geometry) {
    const auto& [scaled, left, top, size, flip] = geometry;
    if (!RowKernelsRun() || HalvesBothSides(from.width, from.height, scaled.width, scaled.height)) {
      return nullptr;
    }
    std::optional<RowScaler> columns = RowScaler::Make({from.width, scaled.width, left, size.width}, flip);
    if (!columns.has_value()) return nullptr;
    std::unique_ptr<RowTransformer> transformer(new RowTransformer(
        geometry, *std::move(columns), RowNeighbours({from.height, scaled.height, top, size.height})));
    transformer->copies_ = from == cv::Size(scaled.width, scaled.height) && !flip;
    for (auto& row : transformer->pixels_) row.resize(from.width + kRowPadding);
    for (auto& slot : transformer->scaled_) {
      for (auto& row : slot) row.resize(size.width + 2 * kRowPadding);
    }
    return transformer;
  }

  // `planes` begin with the part's first rows.
  void Transform(const Frame& frame, const RgbRows& planes) {
    held_ = {-1, -1};
    const int width = geometry_.size.width;
    for (int y = 0; y < geometry_.size.height; ++y) {
      const size_t at = static_cast<size_t>(y) * width;
      if (copies_) {
        frame.ReadRow(geometry_.top + y, Pixels());
        for (int c = 0; c < 3; ++c) std::memcpy(planes[c] + at, &pixels_[c][geometry_.left], width);
        continue;
      }
      const Neighbours& rows = rows_[y];
      const auto& first = scaled_[Hold(frame, rows.first, rows.second)];
      const auto& second = scaled_[Hold(frame, rows.second, rows.first)];
      for (int c = 0; c < 3; ++c) {
        InterpolateRows(first[c].data(), second[c].data(), rows, width, planes[c] + at);
      }
    }
  }

 private:
  RowTransformer(const ClipGeometry& geometry, RowScaler columns, std::vector<Neighbours> rows)
      : geometry_(geometry), columns_(std::move(columns)), rows_(std::move(rows)) {}

  RgbRows Pixels() { return {pixels_[0].data(), pixels_[1].data(), pixels_[2].data()}; }

  // The slot of `scaled_` that has a row of the frame; scales it if need be, but not in place of row `other`.
  int Hold(const Frame& frame, int row, int other) {
    if (held_[0] == row) return 0;
    if (held_[1] == row) return 1;
    const int slot = held_[0] == other ? 1 : 0;
    frame.ReadRow(row, Pixels());
    for (int c = 0; c < 3; ++c) columns_.Apply(pixels_[c].data(), scaled_[slot][c].data());
    held_[slot] = row;
    return slot;
  }

  ClipGeometry geometry_;
  RowScaler columns_;
  std::vector<Neighbours> rows_;
  bool copies_ = false;                                        // neither scaled nor mirrored
  std::array<std::vector<uint8_t>, 3> pixels_;                 // one row of the frame
  std::array<std::array<std::vector<int16_t>, 3>, 2> scaled_;  // two rows, scaled along the row
  std::array<int, 2> held_ = {-1, -1};                         // their numbers
};

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

FrameStacker::FrameStacker(int frames, cv::Size from, const ClipGeometry& geometry)
    : stack_(MakeStack<FrameStack>(frames, geometry.size)),
      geometry_(geometry),
      rows_(RowTransformer::Make(from, geometry)) {}

FrameStacker::~FrameStacker() = default;
FrameStacker::FrameStacker(FrameStacker&&) noexcept = default;
FrameStacker& FrameStacker::operator=(FrameStacker&&) noexcept = default;

void FrameStacker::Put(const Frame& frame, int position) {
  if (rows_ == nullptr) return PutTransformed(TransformFrame(frame.Rgb(), geometry_), position);
  const size_t plane = static_cast<size_t>(stack_.height) * stack_.width, channel = stack_.frames * plane;
  uint8_t* red = stack_.values.data() + position * plane;
  rows_->Transform(frame, {red, red + channel, red + 2 * channel});
}

void FrameStacker::PutTransformed(const cv::Mat& rgb, int position) { PutFrame(rgb, position, &stack_); }

FrameStack FrameStacker::Take() { return std::move(stack_); }

FrameStack PickFrames(const FrameStack& stack, const std::vector<int>& positions) {
  auto picked = MakeStack<FrameStack>(positions.size(), {stack.width, stack.height});
  const size_t plane = static_cast<size_t>(stack.height) * stack.width;
  uint8_t* to = picked.values.data();
  for (int c = 0; c < FrameStack::kChannels; ++c) {
    for (const int t : positions) {
      std::memcpy(to, stack.values.data() + (static_cast<size_t>(c) * stack.frames + t) * plane, plane);
      to += plane;
    }
  }
  return picked;
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

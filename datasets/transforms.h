// Resizes, cuts and mirrors the frames and the flow of a clip, and moves boxes with them.
#ifndef MRSN_DATASETS_TRANSFORMS_H_
#define MRSN_DATASETS_TRANSFORMS_H_

#include <memory>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/pixels/frame.h"
#include "opencv2/core.hpp"
#include "ops/base/box.h"

namespace mrsn::datasets {

// The size whose shorter side is `short_side`; the longer one is rounded down, as
// PySlowFast does: 320x240 at 256 becomes 341x256. 0 keeps the size.
FrameSize ScaledSize(FrameSize size, int short_side);

// What happens to every frame of one clip: it is resized to `scaled`, the part of `size` whose upper left
// corner is (left, top) is cut out, and mirrored if `flip`.
struct ClipGeometry {
  FrameSize scaled;
  int left = 0, top = 0;  // 0 <= left, left + size.width <= scaled.width; the same for rows
  FrameSize size;
  bool flip = false;  // horizontally
};

// The whole frame, resized.
ClipGeometry WholeFrame(FrameSize scaled, bool flip);

// Bilinear (cv::INTER_LINEAR, which rounds 8-bit values). The result may share the frame's memory.
cv::Mat TransformFrame(const cv::Mat& frame, const ClipGeometry& geometry);

// RGB frames of one size, side by side. Changes no value.
FrameStack StackFrames(const std::vector<const cv::Mat*>& frames);

// A stack that gets its frames one by one, as they come out of a decoder: a frame is best scaled while the
// cache still holds it, and its memory then serves for the next one. Where the processor has AVX2, frames are
// turned into RGB, scaled, cut and mirrored row by row on their way into the stack.
class FrameStacker {
 public:
  // A stack of `frames` frames; those that come have the size `from`.
  FrameStacker(int frames, cv::Size from, const ClipGeometry& geometry);
  ~FrameStacker();
  FrameStacker(FrameStacker&&) noexcept;
  FrameStacker& operator=(FrameStacker&&) noexcept;

  // What TransformFrame makes of a frame becomes number `position` of the stack, in place of one that was
  // put there before.
  void Put(const Frame& frame, int position);
  // A frame that was transformed elsewhere: CV_8UC3 of the geometry's size.
  void PutTransformed(const cv::Mat& rgb, int position);

  // The stack, once every position has its frame. The stacker is not used afterwards.
  FrameStack Take();

 private:
  class RowTransformer;
  FrameStack stack_;
  ClipGeometry geometry_;
  std::unique_ptr<RowTransformer> rows_;  // null: only TransformFrame can do it
};

// The frames of a stack at some positions, which may repeat.
FrameStack PickFrames(const FrameStack& stack, const std::vector<int>& positions);

// Flow (CV_32FC2, x and y) moved as TransformFrame moves frames. Resizing keeps the values; a flip changes
// the sign of x. All flow has one size.
FlowStack TransformFlow(const std::vector<cv::Mat>& flow, const ClipGeometry& geometry);

// The mirror image of a normalised box: x1' = 1 - x2, x2' = 1 - x1.
inline Box FlipBox(const Box& box) { return {1 - box.x2, box.y1, 1 - box.x1, box.y2}; }

// A box of the frame, normalised to the part that is cut out. Corners outside of that part move to its
// border, so that a box entirely outside becomes an empty box there. A box of the whole frame is only
// mirrored, and keeps corners outside of [0,1].
Box MoveBox(const Box& box, const ClipGeometry& geometry);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_TRANSFORMS_H_

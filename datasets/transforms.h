// Turns frames and flow into the numbers that a network reads.
#ifndef MRSN_DATASETS_TRANSFORMS_H_
#define MRSN_DATASETS_TRANSFORMS_H_

#include <vector>

#include "datasets/dataset.h"
#include "opencv2/core.hpp"
#include "ops/base/box.h"

namespace mrsn::datasets {

struct TransformOptions {
  int short_side = 256;  // 0: keep the size
  float mean = 0.45f;
  float std = 0.225f;
  bool flip = false;  // horizontally
};

// The size whose shorter side is `short_side`; the longer one is rounded down, as
// PySlowFast does: 320x240 at 256 becomes 341x256.
FrameSize ScaledSize(FrameSize size, int short_side);

// Resizes (bilinear, cv::INTER_LINEAR), flips and normalises RGB frames:
// values[c][t][y][x] = (pixel / 255 - mean) / std. All frames have one size.
FrameStack TransformFrames(const std::vector<const cv::Mat*>& frames, const TransformOptions& options);

// Resizes and mirrors flow (CV_32FC2, x and y) as TransformFrames does frames; returns [2, T, H, W]. Resizing
// keeps the values; a flip changes the sign of x. All frames have one size.
FrameStack TransformFlow(const std::vector<cv::Mat>& flow, const TransformOptions& options);

// The mirror image of a normalised box: x1' = 1 - x2, x2' = 1 - x1.
inline Box FlipBox(const Box& box) { return {1 - box.x2, box.y1, 1 - box.x1, box.y2}; }

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_TRANSFORMS_H_

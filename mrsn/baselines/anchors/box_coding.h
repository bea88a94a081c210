// A box relative to another: what a regression learns (Girshick et al., R-CNN, appendix C).
//
//   x = (centre_x - anchor centre_x) / (anchor width  * center)      y alike
//   w = log(width / anchor width) / size                             h alike
//
// `center` and `size` are SSD's "variances": they make the targets' spread about 1.
#ifndef MRSN_MRSN_BASELINES_ANCHORS_BOX_CODING_H_
#define MRSN_MRSN_BASELINES_ANCHORS_BOX_CODING_H_

#include <algorithm>
#include <cmath>

#include "ops/base/box.h"

namespace mrsn::baselines {

struct BoxCoding {
  float center = 1, size = 1;
};

struct BoxOffsets {
  float x, y, w, h;
};

// Sides below a ten-thousandth of the frame count as that much: no target is infinite.
constexpr float kLeastSide = 1e-4f;

inline BoxOffsets Encode(const Box& box, const Box& anchor, BoxCoding coding) {
  const float anchor_width = std::max(anchor.x2 - anchor.x1, kLeastSide);
  const float anchor_height = std::max(anchor.y2 - anchor.y1, kLeastSide);
  const float width = std::max(box.x2 - box.x1, kLeastSide);
  const float height = std::max(box.y2 - box.y1, kLeastSide);
  return {(box.x1 + box.x2 - anchor.x1 - anchor.x2) / (2 * anchor_width * coding.center),
          (box.y1 + box.y2 - anchor.y1 - anchor.y2) / (2 * anchor_height * coding.center),
          std::log(width / anchor_width) / coding.size, std::log(height / anchor_height) / coding.size};
}

// May reach beyond the frame, and is not Valid() for offsets that are not finite.
inline Box Decode(const BoxOffsets& offsets, const Box& anchor, BoxCoding coding) {
  const float anchor_width = std::max(anchor.x2 - anchor.x1, kLeastSide);
  const float anchor_height = std::max(anchor.y2 - anchor.y1, kLeastSide);
  const float x = (anchor.x1 + anchor.x2) / 2 + offsets.x * coding.center * anchor_width;
  const float y = (anchor.y1 + anchor.y2) / 2 + offsets.y * coding.center * anchor_height;
  const float width = anchor_width * std::exp(offsets.w * coding.size);
  const float height = anchor_height * std::exp(offsets.h * coding.size);
  return {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
}

inline Box ClipToFrame(const Box& box) {
  return {std::clamp(box.x1, 0.0f, 1.0f), std::clamp(box.y1, 0.0f, 1.0f), std::clamp(box.x2, 0.0f, 1.0f),
          std::clamp(box.y2, 0.0f, 1.0f)};
}

}  // namespace mrsn::baselines

#endif  // MRSN_MRSN_BASELINES_ANCHORS_BOX_CODING_H_

// The documented order of keyframes. It decides between equal scores.
#ifndef MRSN_EVAL_FRAME_ORDER_H_
#define MRSN_EVAL_FRAME_ORDER_H_

#include <vector>

#include "eval/protocol.h"
#include "ops/formats/annotation_rows.h"

namespace mrsn::eval {

// Keyframe numbers, first to last. AVA: by video name, then time. UCF101-24: by
// the name of YOWO's per-frame file, the video with / replaced by _ and a
// 5-digit frame number, as bytes ("Biking_v_Biking_g01_c01_00007").
std::vector<int> FrameOrder(const formats::KeyframeTable& keyframes, Dataset dataset);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_FRAME_ORDER_H_

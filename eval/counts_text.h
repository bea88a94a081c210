// The counts behind a frame-mAP, as sentences.
#ifndef MRSN_EVAL_COUNTS_TEXT_H_
#define MRSN_EVAL_COUNTS_TEXT_H_

#include <string>
#include <vector>

#include "eval/frame_map.h"

namespace mrsn::eval {

// "12 of 15 boxes are found by 40 scored detections on 6 keyframes", "1 of 24 classes has boxes" unless all
// have, then a line for each reason for which rows were left out or could not be hits: the cap, excluded
// keyframes, keyframes without ground truth, low scores, boxes without area, classes outside the list.
// Reasons without rows have no line.
std::vector<std::string> CountsText(const FrameMapResult& result);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_COUNTS_TEXT_H_

// A result as programs print it. A frame-mAP of 0 or 100 % can be right, or come from three boxes, from one
// class, or from detections that were left out: its counts are shown with it.
#ifndef MRSN_EXPERIMENTS_SCORE_TEXT_H_
#define MRSN_EXPERIMENTS_SCORE_TEXT_H_

#include <string>
#include <vector>

#include "experiments/result.pb.h"

namespace mrsn::experiments {

// "frame-mAP@0.50 0.3040 (official_2019)", or "no class has ground truth".
std::string ScoreText(const Result& result);

// The result's counts, a sentence each. A result that was written without them has the boxes of its classes:
// "12 boxes of 1 of 24 classes; the hits were not recorded".
std::vector<std::string> ScoreCounts(const Result& result);

// Whether the frame-mAP shows as 0 or 100 % in percent with two decimals.
bool IsExtreme(const Result& result);

// "frame-mAP 100.00: 4 of 4 boxes are found by 4 scored detections on 2 keyframes; 1 of 24 classes has
// boxes". Empty unless IsExtreme.
std::string ExtremeText(const Result& result);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_SCORE_TEXT_H_

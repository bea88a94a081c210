// Precision-recall curves as numbers.
#ifndef MRSN_EVAL_ANALYSIS_PRECISION_RECALL_H_
#define MRSN_EVAL_ANALYSIS_PRECISION_RECALL_H_

#include <utility>
#include <vector>

#include "eval/matching.h"

namespace mrsn::eval {

// (recall, precision), both in [0, 1], behind each detection in the order of the scores: the raw curve,
// before any envelope. Of many detections about 400 points are left, evenly; the last one always is. Empty
// without ground truth or without detections.
std::vector<std::pair<double, double>> PrecisionRecall(const ClassMatches& matched);

// The mean over those of `classes` (positions in matched.classes) with ground truth of the highest precision
// that is reached at a recall of r or more, for r = 0, 0.01, .. 1. A class counts 0 where its recall ends.
// Empty if none of the classes has ground truth. The area under the curve is the mean AP of kEveryPoint but
// for the steps of r.
std::vector<std::pair<double, double>> MeanPrecision(const MatchedFrames& matched,
                                                     const std::vector<int>& classes);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_ANALYSIS_PRECISION_RECALL_H_

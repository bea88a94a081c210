// Splits the lost mAP, 1 - mAP, by kind of error.
#ifndef MRSN_EVAL_ANALYSIS_ERROR_BREAKDOWN_H_
#define MRSN_EVAL_ANALYSIS_ERROR_BREAKDOWN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "eval/frame_map.h"

namespace mrsn::eval {

// A false positive of class c, with t the IoU threshold, is the first of
//   duplicate      IoU >= t with a ground truth box of class c (another detection has it)
//   wrong class    IoU >= t with a ground truth box of other classes only
//   badly placed   0.1 <= IoU < t with a ground truth box of class c
//   false person   anything else
// A ground truth box that no detection hit is missed.
//
// The lost mAP is shared out by mending one kind after the other and booking the
// gain: 1. duplicates removed; 2. wrong classes removed; 3. badly placed boxes put
// right (the best-scored one on each missed box becomes a hit, the others go);
// 4. false persons removed; 5. missed boxes no longer counted, which makes AP 1. So
// the five gains add up to 1 - AP of every class, and to 1 - mAP. The order is a
// convention: a gain is what that step adds to the steps before it.
struct ErrorShares {
  double duplicate = 0, wrong_class = 0, badly_placed = 0, false_person = 0, missed = 0;
  double Total() const { return duplicate + wrong_class + badly_placed + false_person + missed; }
};

struct ErrorCounts {
  int64_t duplicate = 0, wrong_class = 0, badly_placed = 0, false_person = 0, missed = 0;
};

struct ErrorBreakdown {
  std::optional<ErrorShares> shares;                  // of 1 - frame_map; none when that is undefined
  ErrorCounts counts;                                 // detections, and boxes for missed
  std::vector<std::optional<ErrorShares>> per_class;  // of 1 - ap
};

ErrorBreakdown BreakDownErrors(const FrameMapEvaluator& evaluator, const MatchedFrames& matched);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_ANALYSIS_ERROR_BREAKDOWN_H_

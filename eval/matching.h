// Matches detections with ground truth boxes, keyframe by keyframe.
#ifndef MRSN_EVAL_MATCHING_H_
#define MRSN_EVAL_MATCHING_H_

#include <cstdint>
#include <vector>

#include "eval/protocol.h"
#include "ops/formats/annotation_box.h"
#include "ops/formats/annotation_rows.h"

namespace mrsn::eval {

// Intersection over union under the protocol's arithmetic. Boxes as they are:
// nothing is clipped or reordered.
double Overlap(const ProtocolRules& rules, const formats::BoxD& a, const formats::BoxD& b);

// A detection's box as the protocol scores it: YOWO writes whole pixels.
formats::BoxD ScoredBox(const ProtocolRules& rules, const formats::BoxD& box);

// Counts the rows that were not evaluated, by reason.
struct DroppedRows {
  int64_t other_class_gt = 0, other_class_detections = 0;  // classes outside the list
  int64_t excluded_gt = 0, excluded_detections = 0;        // on excluded keyframes
  int64_t unannotated_detections = 0;  // on keyframes without ground truth, where those are ignored
  int64_t low_score_detections = 0;    // at or under the protocol's score limit
  int64_t over_cap_detections = 0;     // beyond the best `cap` rows of a keyframe
  int64_t invalid_detections = 0;      // x1 >= x2 or y1 >= y2, where those are dropped
  void Add(const DroppedRows& other);
};

// One scored detection.
struct Match {
  double score;
  const formats::Row* detection;
  const formats::Row* ground_truth;  // the box hit; null = false positive
  int32_t frame;                     // index into MatchedFrames::frames
};

struct ClassMatches {
  std::vector<Match> matches;  // descending score; equal scores by frame, then as added
  int64_t num_gt = 0;
};

// A keyframe that was evaluated, with its rows in the order they were added.
struct MatchedFrame {
  int32_t keyframe;  // number in the formats::KeyframeTable
  const formats::Row* const* ground_truth;
  const formats::Row* const* detections;  // all, also those not scored
  int32_t num_gt, num_detections;
  bool excluded;
};

struct MatchedFrames {
  std::vector<ClassMatches> classes;                                   // by class index
  std::vector<MatchedFrame> frames;                                    // in the documented order
  std::vector<const formats::Row*> ground_truth_rows, detection_rows;  // what `frames` points into
  int64_t num_keyframes = 0;
  int64_t num_unannotated = 0;  // scored detections on keyframes without ground truth, all false positives
  DroppedRows dropped;
};

struct MatchInput {
  const formats::KeyframeTable& keyframes;
  const std::vector<std::vector<formats::Row>>& ground_truth;  // class_id = class index
  const std::vector<std::vector<formats::Row>>& detections;
  const std::vector<uint8_t>& excluded;  // by keyframe; missing = 0
  const std::vector<uint8_t>& listed;    // keyframes the ground truth names, whatever the class
  const std::vector<int>& class_ids;     // by class index; the AVA scripts order by them
};

MatchedFrames MatchFrames(const MatchInput& input, const ProtocolRules& rules, double iou_threshold,
                          int num_threads);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_MATCHING_H_

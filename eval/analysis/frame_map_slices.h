// AP on parts of the data: by size of the box, by number of actors in the frame.
#ifndef MRSN_EVAL_ANALYSIS_FRAME_MAP_SLICES_H_
#define MRSN_EVAL_ANALYSIS_FRAME_MAP_SLICES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eval/frame_map.h"

namespace mrsn::eval {

struct Slice {
  std::string name;
  std::optional<double> frame_map;  // mean over classes with ground truth in the slice
  int num_classes = 0;              // of those
  int64_t num_gt = 0;
};

// "small", "medium", "large": thirds of the evaluated ground truth rows by area
// (the names carry the bounds). As COCO does it, a detection counts in the slice of
// the box it hits; a false positive in the slice of its own area.
std::vector<Slice> ByBoxSize(const FrameMapEvaluator& evaluator, const MatchedFrames& matched);

// "1", "2", "3", "4+" persons, that is different ground truth boxes, in the
// keyframe; all detections of those keyframes count. Keyframes without ground
// truth are in no slice.
std::vector<Slice> ByNumberOfActors(const FrameMapEvaluator& evaluator, const MatchedFrames& matched);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_ANALYSIS_FRAME_MAP_SLICES_H_

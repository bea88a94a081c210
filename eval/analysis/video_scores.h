// AP of each video by itself, and the key frames that score worst.
#ifndef MRSN_EVAL_ANALYSIS_VIDEO_SCORES_H_
#define MRSN_EVAL_ANALYSIS_VIDEO_SCORES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eval/frame_map.h"

namespace mrsn::eval {

struct VideoScore {
  std::string video;
  std::optional<double>
      frame_map;           // mean AP over the classes with ground truth in the video; none without any
  int num_classes = 0;     // of those
  int num_keyframes = 0;   // with ground truth or a scored detection
  int64_t num_gt = 0;      // rows: a box with an action
  int64_t num_missed = 0;  // of those, without a detection
  // Of all key frames, the sum and the key frame (position in MatchedFrames::frames) with the largest part. A
  // ground-truth row adds 1 - s, s being the score of the detection that hits it, or 0; a false positive adds
  // its score. Scores count as 0 below 0 and as 1 above 1. -1: the video has no such row.
  double distance = 0;
  int worst_frame = -1;
};

// The videos with ground truth or a scored detection: the lowest AP first, equal ones by name, those without
// ground truth last. A video's AP ranks the detections of this video alone, hence the mean over videos is not
// the frame-mAP.
std::vector<VideoScore> ScoreVideos(const FrameMapEvaluator& evaluator, const MatchedFrames& matched);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_ANALYSIS_VIDEO_SCORES_H_

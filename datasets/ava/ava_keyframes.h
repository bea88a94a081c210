// AVA annotations and box lists to the key frames of a data set.
#ifndef MRSN_DATASETS_AVA_AVA_KEYFRAMES_H_
#define MRSN_DATASETS_AVA_AVA_KEYFRAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/ava/ava_files.h"
#include "datasets/clip_dataset.h"
#include "datasets/dataset.h"

namespace mrsn::datasets {

struct AvaKeyframeOptions {
  Usage usage = Usage::kTrain;
  float training_iou = 0.75;
  float inference_score = 0.85;
  bool has_boxes = true;  // false: there is no box list; inference is given ground truth without labels
  double frames_per_second = 30;
};

// One record for every key frame that has an annotation. Rows of one person (same id
// and box) become one actor. `video_names` receives the videos, sorted; a record's
// `video` is the position in it; its clip is centred on frame
// (second - 900) * frames_per_second. An action id outside `classes` is an error.
absl::StatusOr<std::vector<KeyframeRecord>> MakeAvaKeyframes(const std::vector<AnnotatedBox>& annotations,
                                                             const std::vector<DetectedBox>& boxes,
                                                             const std::vector<ActionClass>& classes,
                                                             const AvaKeyframeOptions& options,
                                                             std::vector<std::string>* video_names);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_AVA_AVA_KEYFRAMES_H_

// One video from its file to its detections: clips, persons, scores, tracks.
#ifndef MRSN_EXPERIMENTS_DETECT_DETECT_VIDEO_H_
#define MRSN_EXPERIMENTS_DETECT_DETECT_VIDEO_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/stream/clip_stream.h"
#include "experiments/detect/detected_video.h"
#include "experiments/detect/detection_writer.h"
#include "experiments/detect/persons.h"
#include "experiments/detect/tracker.h"

namespace mrsn::experiments {

struct DetectVideoOptions {
  std::string name, path;             // of the video
  datasets::ClipStreamOptions clips;  // key frames, and clips as the model wants them
  double first_second = 0;            // the second that the video's first frame is
  TrackerOptions tracker;
  bool live = false;  // a stream: a stop signal is its end, and no error
  // Called about each key frame as soon as it is scored: a clip's half after the key frame itself.
  std::function<void(const DetectedKeyframe&)> on_keyframe;
  std::string output_stem;  // <stem>.csv and <stem>.json are written; its folder exists. "" = nothing is
  DetectionOrigin origin;
  std::vector<datasets::ActionClass> classes;
};

// Scores the persons of one clip; sample.keyframe is the video's name and the nearest second. Is not asked
// about clips without persons.
using ScoreClip = std::function<absl::StatusOr<ScoredClip>(datasets::Sample sample)>;

// Reads the video once and shows a progress bar. Memory does not grow with the video but for the result:
// some hundred bytes for each person of a key frame. Errors name the video or the file of boxes; a stop
// signal (ops/base/stop_signal.h) is an error, too. After an error no output was changed.
absl::StatusOr<DetectedVideo> DetectVideo(const DetectVideoOptions& options, PersonFinder& persons,
                                          const ScoreClip& score);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_DETECT_VIDEO_H_

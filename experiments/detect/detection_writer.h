// Writes what is found in a video as AVA's CSV and as JSON, key frame by key frame.
#ifndef MRSN_EXPERIMENTS_DETECT_DETECTION_WRITER_H_
#define MRSN_EXPERIMENTS_DETECT_DETECTION_WRITER_H_

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/detect/detected_video.h"
#include "ops/base/temporary_file.h"

namespace mrsn::experiments {

// The origin of the scores, for the JSON file.
struct DetectionOrigin {
  std::string experiment, config_fingerprint;
  std::string checkpoint;    // the file, or "random:<seed>"
  std::string weights_hash;  // SHA-256
  bool trained = true;       // false: random weights
  std::string persons;       // what found the persons: "HOG, score above 0.6"
  std::string commit;        // of the program
};

// <stem>.csv has the rows of AVA's layout that an evaluation writes: video,second,x1,y1,x2,y2,class,score for
// each person and each class that is evaluated, boxes in [0,1]. <stem>.json is one object:
//   video, file, width, height, frames_per_second, first_second, experiment, config_fingerprint, checkpoint,
//   weights_sha256, trained, persons, commit,
//   classes: [{id, name}]
//   keyframes: [{second, frame (of the file, from 0), persons: [{track, person_score,
//     box: [x1, y1, x2, y2] in [0,1] of the frame, pixels: the same in pixels,
//     actions: [{id, name, score}], the most probable first,
//     relations, if asked for: {context: [weights of the frame's patches, a square grid row by row],
//       persons: [{track, weight}], seconds: [{offset, weight}]}}]}]
//   frames: of the file
// In JSON, boxes and scores have five digits behind the point, pixels one. Both files appear when Finish has
// succeeded; before, what stood there stays.
class DetectionWriter {
 public:
  // `video`: its facts, without key frames. `first_second`: the name of its first frame's time.
  static absl::StatusOr<std::unique_ptr<DetectionWriter>> Open(
      const std::string& stem, const DetectionOrigin& origin, const DetectedVideo& video, double first_second,
      const std::vector<datasets::ActionClass>& classes);

  // By time. Errors name the file: no space.
  absl::Status Add(const DetectedKeyframe& keyframe);
  absl::Status Finish(int64_t frames);

  std::string csv_path() const { return stem_ + ".csv"; }
  std::string json_path() const { return stem_ + ".json"; }

 private:
  DetectionWriter(const std::string& stem, const DetectedVideo& video, double first_second,
                  const std::vector<datasets::ActionClass>& classes);
  absl::Status Check() const;

  const std::string stem_, video_;
  const double width_, height_, first_second_;
  const std::vector<datasets::ActionClass> classes_;
  TemporaryFile csv_file_, json_file_;
  std::ofstream csv_, json_;
  bool first_ = true;
};

// The places of the evaluated classes in the order of their scores, the highest first; of equal scores the
// first class.
std::vector<int> ByScore(const std::vector<float>& scores, const std::vector<datasets::ActionClass>& classes);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_DETECTION_WRITER_H_

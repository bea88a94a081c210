// The persons of any moment of a video, from those of its key frames.
#ifndef MRSN_EXPERIMENTS_DETECT_SHOWN_PERSONS_H_
#define MRSN_EXPERIMENTS_DETECT_SHOWN_PERSONS_H_

#include <cstddef>
#include <vector>

#include "datasets/dataset.h"
#include "experiments/detect/detected_video.h"
#include "experiments/detect/drawing.h"

namespace mrsn::experiments {

struct ShownOptions {
  int actions = 3;         // of a person, the most probable ones
  float min_score = 0.3f;  // that an action must reach
};

// A person with the lines "#<track> <action> <score>", "<action> <score>", ...
DrawnPerson ShownPerson(const ScoredPerson& person, const std::vector<datasets::ActionClass>& classes,
                        const ShownOptions& options);

// Walks through a video. Between two key frames a track that both have moves in a straight line, with the
// actions of the nearer one. A track that only one of them has is shown in that one's half of the time, where
// it goes on as it moves on that one's other side. After the last key frame its persons stay.
class ShownPersons {
 public:
  // Both must outlive it.
  ShownPersons(const DetectedVideo& video, const std::vector<datasets::ActionClass>& classes,
               const ShownOptions& options)
      : video_(video), classes_(classes), options_(options) {}

  // `seconds` from the first frame, never less than the one before.
  std::vector<DrawnPerson> At(double seconds);
  // The key frame whose actions the last call of At has shown; nullptr if the video has none.
  const DetectedKeyframe* nearest() const { return nearest_; }

 private:
  const DetectedVideo& video_;
  const std::vector<datasets::ActionClass>& classes_;
  const ShownOptions options_;
  const DetectedKeyframe* nearest_ = nullptr;
  size_t place_ = 0;  // of the last key frame that is not later than the moment
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_SHOWN_PERSONS_H_

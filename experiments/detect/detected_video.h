// What the program finds in one video.
#ifndef MRSN_EXPERIMENTS_DETECT_DETECTED_VIDEO_H_
#define MRSN_EXPERIMENTS_DETECT_DETECTED_VIDEO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "ops/base/box.h"

namespace mrsn::experiments {

// What the model looked at to score a person (mrsn/head/relation_weights.h). Lists are empty where the model
// has no such relation.
struct PersonRelations {
  // ACRE's weights for the patches of the frame, a square grid row by row; what is missing to 1 is for the
  // person's own token.
  std::vector<float> context;
  std::vector<float>
      persons;  // AARE's, for each person of the key frame, the own one included; their sum is 1
  // The weights of the bank's seconds, from `first_offset` after the key frame (negative: before) on; their
  // sum is 1, or 0 for an empty window.
  std::vector<float> seconds;
  int first_offset = 0;
};

struct ScoredPerson {
  Box box;                         // normalised to the frame
  float person_score = 0;          // the person detector's, in [0,1]
  int track = 0;                   // from 1; the same for one person in all key frames of a video
  std::vector<float> scores;       // in [0,1], of each class in the order of the model's outputs
  PersonRelations relations = {};  // empty unless asked for
};

struct DetectedKeyframe {
  double seconds = 0;  // from the video's first frame
  int64_t frame = 0;   // of the file, from 0
  std::vector<ScoredPerson> persons;
};

// The result for the persons of one clip, in their order.
struct ScoredClip {
  std::vector<std::vector<float>> scores;  // [N][K]
  std::vector<PersonRelations> relations;  // [N], or empty
};

struct DetectedVideo {
  std::string name;           // of output files and their rows
  std::string path;           // of the file
  int width = 0, height = 0;  // pixels, as the video is shown
  double frames_per_second = 0;
  int64_t frames = 0;                       // 0 until the whole video has been read
  std::vector<DetectedKeyframe> keyframes;  // by time
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_DETECTED_VIDEO_H_

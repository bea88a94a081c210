// A generated world as its writer sees it: rooms, each of them one video with annotated key frames.
//
// A generator (micro_world, micro_world_2) decides who stands where, draws the frames and labels the people.
// Files, folders and the data set made of them are the same for every world: write_world.h, open_world.h.
#ifndef MRSN_DATASETS_GENERATED_ROOM_H_
#define MRSN_DATASETS_GENERATED_ROOM_H_

#include <functional>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "opencv2/core.hpp"
#include "ops/base/box.h"

namespace mrsn::datasets::generated {

constexpr int kLeadSeconds = 2;  // before the first and after the last key frame of a video

struct AnnotatedPerson {
  Box box;                   // normalised
  std::vector<int> actions;  // ActionClass::id, ascending; nobody is annotated without one
};

// A row of the list of detected boxes.
struct Detection {
  Box box;  // normalised
  float score = 0;
};

struct RoomKeyframe {
  std::vector<AnnotatedPerson> people;  // a person has the same place in all key frames
  std::vector<Detection> detections;
};

struct Room {
  int frames = 0;                       // of the video; the first one is at second 900
  std::function<cv::Mat(int)> draw;     // frame 0 <= f < frames: CV_8UC3, RGB, of one size
  std::vector<RoomKeyframe> keyframes;  // of the seconds 902, 903, ...
};

struct Split {
  std::string name;  // "train"
  int rooms = 0;
};

struct World {
  std::string name;         // "micro_world": the folder in the cache, and the progress bar's title
  std::string variant;      // "single actor"; "" for the world itself
  std::string fingerprint;  // names settings and generator: 64 hexadecimal digits
  int frames_per_second = 4;
  std::vector<ActionClass> classes;
  std::vector<Split> splits;
  // Room number `room` of split number `split`; the same numbers give the same room, on every machine.
  std::function<Room(int split, int room)> make;
};

}  // namespace mrsn::datasets::generated

#endif  // MRSN_DATASETS_GENERATED_ROOM_H_

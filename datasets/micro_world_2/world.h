// The second generated world as states: who stands where in each second, facing where, and which objects are
// on. Drawing (renderer.h) and labelling (rules.h) read these states.
//
// All numbers are whole: the same seed gives the same world on every machine. Coordinates are pixels of the
// 96x96 frame, origin at the upper left, y down.
#ifndef MRSN_DATASETS_MICRO_WORLD_2_WORLD_H_
#define MRSN_DATASETS_MICRO_WORLD_2_WORLD_H_

#include <array>
#include <cstdint>
#include <vector>

#include "datasets/generated/room.h"
#include "ops/base/box.h"

namespace mrsn::datasets::micro2 {

constexpr int kFrameSize = 96;  // pixels, width and height
constexpr int kFramesPerSecond = 4;

// Everything stands in one of 4 x 3 slots: 22 to 26 pixels from the next one in its row, and 30 or more from
// those of other rows, so that between a person's box and anything else there are at least 10 pixels. A
// feature of the box must not show the next slot: a cell of the backbone sees 9 pixels
// (experiments/EVIDENCE.md).
constexpr int kColumns = 4, kRows = 3;

struct Place {
  int x = 0, y = 0;
};

enum class Pose { kStand, kWalk, kWave, kCrouch };
constexpr int kNumPoses = 4;

// Standing, a person is 12 pixels wide and 20 high; crouching halves the height, the feet staying where they
// are.
constexpr int kHalfWidth = 6, kHalfHeight = 10;

struct Person {
  Place place;     // centre of the upright body
  int facing = 1;  // -1 left, +1 right
  Pose pose = Pose::kStand;

  int top() const { return place.y - (pose == Pose::kCrouch ? 0 : kHalfHeight); }
  int bottom() const { return place.y + kHalfHeight; }
  int left() const { return place.x - kHalfWidth; }
  int right() const { return place.x + kHalfWidth; }
  Box box() const {  // normalised
    const auto unit = [](int pixel) { return static_cast<float>(pixel) / kFrameSize; };
    return {unit(left()), unit(top()), unit(right()), unit(bottom())};
  }
};

enum class Object { kTelevision, kTable, kLamp, kGuitar };
constexpr int kNumObjects = 4;

// An object of 7 x 7 pixels. A table that is on is laid; a guitar is always on.
struct Thing {
  bool there = true;
  bool on = true;
  Place place;  // centre
};

// One second: everybody stays where they are. The next second is another shot of the same people.
struct Shot {
  std::vector<Person> people;
  std::array<Thing, kNumObjects> things;  // by Object

  const Thing& at(Object object) const { return things[static_cast<int>(object)]; }
};

// One video. Shot s shows the frames 4 s - 2 .. 4 s + 1, so that a clip of four frames around a key frame
// shows one shot. Shot s is second 900 + s.
struct World {
  std::vector<Shot> shots;
  std::vector<int> clothes;  // of each person, one of kClothes colours, all different
  uint64_t look = 0;         // seed of the shades, background and noise

  int num_frames() const { return static_cast<int>(shots.size()) * kFramesPerSecond; }
};
constexpr int kClothes = 6;

inline int ShotOfFrame(int frame) { return (frame + 2) / kFramesPerSecond; }
// The shot of the key frame `index` = 0, 1, ... (second 902 + index).
inline int ShotOfKeyframe(int index) { return generated::kLeadSeconds + index; }

struct WorldOptions {
  int keyframes = 30;  // the video is 4 seconds longer
  int min_people = 3, max_people = 5;
};

// Plays one video; the same seed gives the same world. People use objects, look on and turn to each other
// more often than chance would have it. Somebody plays the guitar in sessions of 4 to 8 seconds with 8 to 24
// seconds between them, and at no other time.
World PlayWorld(uint64_t seed, const WorldOptions& options);

// One person a shot, in any pose, and each object in three shots of five: for the pretraining of backbones.
World PlayLonely(uint64_t seed, int keyframes);

}  // namespace mrsn::datasets::micro2

#endif  // MRSN_DATASETS_MICRO_WORLD_2_WORLD_H_

// The micro world's videos as states: place and direction of each person, and the objects that are on.
// Drawing (renderer.h) and labelling (rules.h) read these states.
//
// Coordinates are pixels of the 64x64 frame, origin at the upper left, y down.
#ifndef MRSN_DATASETS_MICRO_WORLD_WORLD_H_
#define MRSN_DATASETS_MICRO_WORLD_WORLD_H_

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "ops/base/box.h"

namespace mrsn::datasets::micro {

constexpr int kFrameSize = 64;  // pixels, width and height
constexpr int kFramesPerSecond = 4;
constexpr int kLeadSeconds = 2;  // before the first and after the last key frame

struct Point {
  double x = 0, y = 0;
  friend Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
  friend Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
  friend Point operator*(double s, Point a) { return {s * a.x, s * a.y}; }
  double Length() const { return std::hypot(x, y); }
};

enum class Pose { kStand, kWalk, kWave, kCrouch };

// A person in one frame. Standing, a person is 8 pixels wide and 14 high; crouching
// halves the height, the feet staying where they are.
struct Person {
  Point place;     // centre of the upright body; the feet are 7 pixels lower
  int facing = 1;  // -1 left, +1 right
  Pose pose = Pose::kStand;
  Point velocity;  // pixels a second, zero unless walking

  double top() const { return place.y + (pose == Pose::kCrouch ? 0 : -7); }
  double bottom() const { return place.y + 7; }
  double left() const { return place.x - 4; }
  double right() const { return place.x + 4; }
  Point centre() const { return {place.x, (top() + bottom()) / 2}; }
  Box box() const {  // normalised, cut off at the frame
    const auto unit = [](double pixel) {
      return static_cast<float>(std::fmin(std::fmax(pixel / kFrameSize, 0), 1));
    };
    return {unit(left()), unit(top()), unit(right()), unit(bottom())};
  }
};

enum class Object { kTelevision, kFood, kGuitar, kLamp };
constexpr int kNumObjects = 4;

// One video. Frame f of `people`, `television_on` and `lamp_on` is video frame f, at
// second 900 + f / 4.
struct World {
  std::array<Point, kNumObjects> objects;    // centres, by Object; fixed for the video
  std::vector<std::vector<Person>> people;   // [frame][person]
  std::vector<bool> television_on, lamp_on;  // [frame]
  uint64_t look = 0;                         // seed of the colours, background and noise

  int num_frames() const { return static_cast<int>(people.size()); }
  Point at(Object object) const { return objects[static_cast<int>(object)]; }
};

// The frame of the key frame `index` = 0, 1, ... (second 902 + index).
inline int FrameOfKeyframe(int index) { return (kLeadSeconds + index) * kFramesPerSecond; }

struct WorldOptions {
  int keyframes = 30;  // the video is 4 seconds longer
  int min_people = 2, max_people = 4;
};

// Plays one video; the same seed gives the same world.
World PlayWorld(uint64_t seed, const WorldOptions& options);

}  // namespace mrsn::datasets::micro

#endif  // MRSN_DATASETS_MICRO_WORLD_WORLD_H_

// A person detector with the faults of real ones.
#ifndef MRSN_DATASETS_MICRO_WORLD_DETECTOR_H_
#define MRSN_DATASETS_MICRO_WORLD_DETECTOR_H_

#include <vector>

#include "datasets/micro_world/world.h"
#include "ops/base/box.h"
#include "ops/base/random.h"

namespace mrsn::datasets::micro {

struct Detection {
  Box box;  // normalised
  float score = 0;
};

// Boxes of the people in a frame. 8 % of the people are missed. Three boxes in four are placed well (each
// edge is off by about half a pixel) and have a high score; the others are placed badly (about a pixel and a
// half) and have a lower one. About every third frame has a box without a person, mostly with a low score.
// Thus both the IoU rule for training boxes (0.75) and the score threshold for inference (0.85) matter.
std::vector<Detection> DetectPeople(const std::vector<Person>& people, SplitMix64& random);

}  // namespace mrsn::datasets::micro

#endif  // MRSN_DATASETS_MICRO_WORLD_DETECTOR_H_

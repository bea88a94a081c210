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

// Boxes of the people of a frame: 8 % are missed; three in four are placed well (each
// edge off by about half a pixel) and sure of themselves, the others badly (about a
// pixel and a half) and less so; every third frame or so has a box where nobody is,
// mostly with a low score. So both the IoU rule for training boxes (0.75) and the
// score threshold for inference (0.85) have work to do.
std::vector<Detection> DetectPeople(const std::vector<Person>& people, SplitMix64& random);

}  // namespace mrsn::datasets::micro

#endif  // MRSN_DATASETS_MICRO_WORLD_DETECTOR_H_

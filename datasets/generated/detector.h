// A person detector with the faults of real ones.
#ifndef MRSN_DATASETS_GENERATED_DETECTOR_H_
#define MRSN_DATASETS_GENERATED_DETECTOR_H_

#include <vector>

#include "datasets/generated/room.h"
#include "ops/base/random.h"

namespace mrsn::datasets::generated {

// In pixels of the frame, origin at the upper left, y down.
struct PixelBox {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
};

struct DetectorOptions {
  int frame_size = 64;  // pixels, width and height
  // Of somebody who stands, pixels.
  double half_width = 4, half_height = 7;
};

// Boxes of the people in a frame. 8 % of the people are missed. Three boxes in four are placed well (each
// edge is off by about a ninth of half_width, half a pixel of a small person) and have a high score; the
// others are placed badly (three times as far off) and have a lower one. About every third frame has a box
// without a person, mostly with a low score. Thus both the IoU rule for training boxes (0.75) and the score
// threshold for inference (0.85) matter.
std::vector<Detection> DetectPeople(const std::vector<PixelBox>& people, const DetectorOptions& options,
                                    SplitMix64& random);

}  // namespace mrsn::datasets::generated

#endif  // MRSN_DATASETS_GENERATED_DETECTOR_H_

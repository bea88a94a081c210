// Samples to tensors: the last step before the model.
#ifndef MRSN_DATASETS_COLLATE_H_
#define MRSN_DATASETS_COLLATE_H_

#include <vector>

#include "ATen/ATen.h"
#include "datasets/dataset.h"
#include "ops/base/keyframe.h"
#include "ops/clip/clip_tensors.h"
#include "ops/clip/pixel_scaling.h"

namespace mrsn::datasets {

// B clips with N actors in all, on the CPU, contiguous. A tensor that the samples have no values for
// is undefined. `slow` and `fast` are pixels still, uint8 R, G, B: ScalePixels (ops/clip/scale_pixels.h)
// makes the numbers that a model reads of them, on the model's device.
struct ClipBatch : ClipTensors {
  PixelScaling scaling;             // of slow and fast
  at::Tensor labels;                // [N, K] 0 or 1
  at::Tensor tubelets;              // [N, T, 4] as boxes, one a slow frame; undefined unless actors have them
  at::Tensor reported;              // [N, 4] Actor::reported, as boxes; undefined unless actors have them
  std::vector<Keyframe> keyframes;  // B
  std::vector<float> scores;        // N, the detector's
};

// `num_classes` is K. N may be 0. Needs at least one sample, the same number and size of frames and the same
// scaling in all samples, tubelets for all actors or for none, and maps (Sample::features, which become
// `features` of binary16) of one size in all samples or in none; throws c10::Error otherwise. A padded clip
// would have boxes of another frame, and zeros in its context.
ClipBatch Collate(const std::vector<Sample>& samples, int num_classes);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_COLLATE_H_

// The settings of TransformConfig.
#ifndef MRSN_DATASETS_TRANSFORM_OPTIONS_H_
#define MRSN_DATASETS_TRANSFORM_OPTIONS_H_

#include "ops/clip/pixel_scaling.h"

namespace mrsn::datasets {

enum class Augmentation { kNoneOrFlip, kPySlowFast, kAcar, kAlphAction };

// Of Augmentation::kPySlowFast; training only.
struct PySlowFastOptions {
  // The shorter side s of a clip's frames is drawn with 1/s uniform between the two.
  int min_short_side = 256, max_short_side = 320;
  int crop = 224;  // sides of the square that is cut out; at most min_short_side
  float colour_jitter = 0;
  float pca_jitter = 0;
};

struct TransformOptions {
  Augmentation augmentation = Augmentation::kNoneOrFlip;
  int short_side = 256;          // pixels that the shorter side of frames is scaled to; 0 keeps the size
  float flip_probability = 0.5;  // training only
  PySlowFastOptions pyslowfast;
  PixelScaling scaling;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_TRANSFORM_OPTIONS_H_

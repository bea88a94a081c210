// The settings of TransformConfig.
#ifndef MRSN_DATASETS_TRANSFORM_OPTIONS_H_
#define MRSN_DATASETS_TRANSFORM_OPTIONS_H_

#include "ops/clip/pixel_scaling.h"

namespace mrsn::datasets {

struct TransformOptions {
  int short_side = 256;          // pixels that the shorter side of frames is scaled to; 0 keeps the size
  float flip_probability = 0.5;  // training only
  PixelScaling scaling;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_TRANSFORM_OPTIONS_H_

// The size of the clips that a DatasetConfig asks for, without OpenCV.
#ifndef MRSN_DATASETS_CLIP_CONFIG_H_
#define MRSN_DATASETS_CLIP_CONFIG_H_

#include "datasets/clip_sampler.h"
#include "datasets/dataset_config.pb.h"
#include "ops/base/config_reader.h"

namespace mrsn::datasets {

struct ClipShape {
  ClipOptions clip;
  int short_side = 0;  // pixels that frames are scaled to; 0: keeps their size
};

// The first field out of range is `reader`'s error; it reads `config` itself.
ClipShape ReadClipShape(const DatasetConfig& config, ConfigReader* reader);

// What counting needs: slow frames, and pixels of the shorter side, also where frames keep their size.
// 8 and 256 for a config that names no data set.
struct ClipSize {
  int frames = 8;
  int short_side = 256;
};
ClipSize ClipSizeOf(const DatasetConfig& config);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CLIP_CONFIG_H_

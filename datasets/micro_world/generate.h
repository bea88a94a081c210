// The micro world as rooms that can be written to disk and opened (datasets/generated).
#ifndef MRSN_DATASETS_MICRO_WORLD_GENERATE_H_
#define MRSN_DATASETS_MICRO_WORLD_GENERATE_H_

#include <cstdint>

#include "datasets/generated/room.h"

namespace mrsn::datasets::micro {

struct GenerateOptions {
  uint64_t seed = 1;
  int train_videos = 120;
  int val_videos = 60;
  int keyframes_per_video = 30;
  bool single_actor = false;
};

// Increased whenever the generated files change; part of the folder's name.
constexpr int kGeneratorVersion = 1;

// The splits "train" and "val". The fingerprint names the options and the generator's version.
generated::World GeneratedWorld(const GenerateOptions& options);

}  // namespace mrsn::datasets::micro

#endif  // MRSN_DATASETS_MICRO_WORLD_GENERATE_H_

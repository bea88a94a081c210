// The second generated world as rooms that can be written to disk and opened (datasets/generated).
#ifndef MRSN_DATASETS_MICRO_WORLD_2_GENERATE_H_
#define MRSN_DATASETS_MICRO_WORLD_2_GENERATE_H_

#include <cstdint>

#include "datasets/generated/room.h"

namespace mrsn::datasets::micro2 {

struct GenerateOptions {
  uint64_t seed = 1;
  int train_videos = 400;
  int val_videos = 100;
  int test_videos = 200;
  int keyframes_per_video = 30;
  // Rooms with one person, whose box is the whole frame and whose classes are the attributes of rules.h.
  bool attributes = false;
};

// Increased whenever the generated files change; part of the folder's name.
constexpr int kGeneratorVersion = 1;

// The splits "train", "val" and "test". The fingerprint names the options and the generator's version.
generated::World GeneratedWorld(const GenerateOptions& options);

}  // namespace mrsn::datasets::micro2

#endif  // MRSN_DATASETS_MICRO_WORLD_2_GENERATE_H_

// Worlds for tests.
#ifndef MRSN_DATASETS_MICRO_WORLD_TESTING_WORLDS_H_
#define MRSN_DATASETS_MICRO_WORLD_TESTING_WORLDS_H_

#include <vector>

#include "datasets/micro_world/world.h"
#include "ops/base/random.h"

namespace mrsn::datasets {

// The worlds of the default training split.
inline std::vector<micro::World> Worlds(int count, const micro::WorldOptions& options = {}) {
  std::vector<micro::World> worlds;
  for (int i = 0; i < count; ++i) worlds.push_back(micro::PlayWorld(HashSeed(1, 0, i), options));
  return worlds;
}

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_MICRO_WORLD_TESTING_WORLDS_H_

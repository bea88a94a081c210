#include "mrsn/backbone/options.h"

namespace mrsn {

std::vector<ResNet3dOptions::Stage> SlowStages(int64_t depth, int64_t width) {
  const int64_t blocks4 = depth == 101 ? 23 : 6;
  //       blocks, channels, inner, stride, dilation, temporal kernel, in so many blocks
  return {{3, 4 * width, width, 1, 1, 1, 0},
          {4, 8 * width, 2 * width, 2, 1, 1, 0},
          {blocks4, 16 * width, 4 * width, 2, 1, 3, blocks4},
          {3, 32 * width, 8 * width, 1, 2, 3, 3}};
}

ResNet3dOptions FastPathway(const ResNet3dOptions& slow, int64_t beta_inverse, int64_t stem_temporal_kernel,
                            int64_t temporal_kernel) {
  ResNet3dOptions fast = slow;
  fast.stem_channels /= beta_inverse;
  fast.stem_temporal_kernel = stem_temporal_kernel;
  for (ResNet3dOptions::Stage& stage : fast.stages) {
    stage.channels /= beta_inverse;
    stage.inner_channels /= beta_inverse;
    if (stage.temporal_kernel == 1) stage.temporal_blocks = stage.blocks;
    stage.temporal_kernel = temporal_kernel;
    stage.nonlocal.clear();
  }
  return fast;
}

}  // namespace mrsn

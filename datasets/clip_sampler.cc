#include "datasets/clip_sampler.h"

#include <algorithm>

namespace mrsn::datasets {

ClipIndices SampleClip(int64_t centre, int64_t num_frames, const ClipOptions& options) {
  ClipIndices clip;
  clip.has_fast = options.fast_ratio > 0;
  const int ratio = std::max(1, options.fast_ratio);
  const int step = options.stride / ratio;
  const int count = options.frames * ratio;
  const int64_t first = centre - options.frames * options.stride / 2;
  for (int i = 0; i < count; ++i) {
    clip.source.push_back(std::clamp<int64_t>(first + int64_t{i} * step, 0, num_frames - 1));
  }
  for (int i = 0; i < options.frames; ++i) {
    // In integers; torch.linspace's float rounding gives the same for every T up to 21, which
    // covers all published configurations, and is one frame off for a few larger ones.
    clip.slow.push_back(options.frames == 1 ? 0 : i * (count - 1) / (options.frames - 1));
  }
  return clip;
}

}  // namespace mrsn::datasets

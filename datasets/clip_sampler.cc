#include "datasets/clip_sampler.h"

#include <algorithm>

namespace mrsn::datasets {

ClipIndices SampleClip(int64_t centre, int64_t num_frames, const ClipOptions& options) {
  const int64_t start = centre - options.frames * options.stride / 2;
  const auto at = [&](int64_t offset) { return std::clamp<int64_t>(start + offset, 0, num_frames - 1); };
  const bool mid = options.slow_frames == SlowFrames::kIntervalMid;
  const int64_t alpha = options.fast_ratio;
  const int64_t step = alpha > 0 ? options.stride / alpha : options.stride;
  const int64_t count = options.frames * alpha;

  ClipIndices clip;
  for (int64_t i = 0; i < count; ++i) clip.fast.push_back(at(i * step + (mid ? (step - 1) / 2 : 0)));
  for (int64_t i = 0; i < options.frames; ++i) {
    int64_t offset = i * options.stride + (mid ? (options.stride - 1) / 2 : 0);
    if (alpha > 0 && options.slow_frames == SlowFrames::kLinspace) {
      // In integers; torch.linspace's float rounding gives the same for every T up to 21, which
      // covers all published configurations, and is one frame off for a few larger ones.
      offset = options.frames == 1 ? 0 : i * (count - 1) / (options.frames - 1) * step;
    }
    clip.slow.push_back(at(offset));
  }
  return clip;
}

}  // namespace mrsn::datasets

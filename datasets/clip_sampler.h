// Which source frames a clip is made of.
#ifndef MRSN_DATASETS_CLIP_SAMPLER_H_
#define MRSN_DATASETS_CLIP_SAMPLER_H_

#include <cstdint>
#include <vector>

namespace mrsn::datasets {

// T slow frames, `stride` source frames apart; with fast_ratio alpha > 0 also alpha * T
// fast frames, stride / alpha apart (alpha divides stride).
struct ClipOptions {
  int frames = 8;
  int stride = 8;
  int fast_ratio = 0;
};

struct ClipIndices {
  std::vector<int64_t> source;  // 0-based source frames to be read, ascending, may repeat at a video's ends
  std::vector<int> slow;        // positions in `source` of the slow frames, T
  bool has_fast = false;        // if so, the fast frames are all of `source`, in order
};

// AVA style: source = range(c - half, c + half, step), half = T * stride / 2 (rounded
// down), each clamped to [0, num_frames - 1]. One pathway: step = stride, and slow is
// all of them. Two pathways: step = stride / alpha, and slow frame i of T is
// floor(i * (alpha * T - 1) / (T - 1)) of the fast ones, PySlowFast's
// linspace(0, alpha * T - 1, T).long(): 0 4 8 13 17 22 26 31 for 8 of 32, so the last
// slow frame is the last fast one. (T = 1 takes the first.)
ClipIndices SampleClip(int64_t centre, int64_t num_frames, const ClipOptions& options);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CLIP_SAMPLER_H_

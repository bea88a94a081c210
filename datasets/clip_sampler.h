// Chooses the source frames of a clip.
#ifndef MRSN_DATASETS_CLIP_SAMPLER_H_
#define MRSN_DATASETS_CLIP_SAMPLER_H_

#include <cstdint>
#include <vector>

namespace mrsn::datasets {

// Positions of the T slow frames among the alpha T fast ones. Frameworks differ in this.
enum class SlowFrames {
  kLinspace,     // number floor(i (alpha T - 1) / (T - 1)): from the first to the last (PySlowFast)
  kEveryAlpha,   // number alpha i (mmaction2, ACAR-Net's R-101)
  kIntervalMid,  // each pathway takes the frame (step - 1) / 2 after each interval's start (AlphAction)
};

// T slow frames, `stride` source frames apart; with fast_ratio alpha > 0 also alpha * T
// fast frames, stride / alpha apart (alpha divides stride).
struct ClipOptions {
  int frames = 8;
  int stride = 8;
  int fast_ratio = 0;
  SlowFrames slow_frames = SlowFrames::kLinspace;
};

// 0-based source frames, ascending; they may repeat at a video's ends.
struct ClipIndices {
  std::vector<int64_t> slow;  // T
  std::vector<int64_t> fast;  // alpha T; empty with one pathway
};

// The clip starts T * stride / 2 frames (rounded down) before the key frame; every frame
// is clamped to [0, num_frames - 1]. One pathway: range(start, start + T * stride, stride),
// AVA style (kIntervalMid: (stride - 1) / 2 later). Two pathways: fast is
// range(start, start + T * stride, stride / alpha), and slow is chosen by `slow_frames`.
// kLinspace is PySlowFast's linspace(0, alpha * T - 1, T).long(): 0 4 8 13 17 22 26 31 for
// 8 of 32. (T = 1 takes the first.)
ClipIndices SampleClip(int64_t centre, int64_t num_frames, const ClipOptions& options);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CLIP_SAMPLER_H_

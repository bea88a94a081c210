// Simulated detections as large as the real evaluation, for benchmarks: the same
// bytes on every machine.
#ifndef MRSN_EVAL_SYNTHETIC_H_
#define MRSN_EVAL_SYNTHETIC_H_

#include <cstdint>
#include <string>

namespace mrsn::eval {

struct SyntheticFiles {
  std::string ground_truth;  // CSV text
  std::string detections;    // CSV text
  int64_t num_gt = 0, num_detections = 0, num_keyframes = 0;
};

// Ground truth of AVA v2.1's size: 64 videos with about 50,000 annotated keyframes and 93,000 boxes of one
// pose each, repeated under new video names (or cut) until about `rows` detections fit at 32 a keyframe.
// Detections: on every keyframe its boxes, moved by up to 6 %, 15 % of them missing, and false boxes, each
// with several classes; every score is different.
SyntheticFiles SyntheticAva(int64_t rows);

// Ground truth of the size of UCF101-24's first test split, 910 videos with about 138,000 frames and 170,000
// boxes, with one detection each (15 % missing) and a false one beside every fourth.
SyntheticFiles SyntheticUcf24();

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_SYNTHETIC_H_

// Simulated detections as large as the real evaluation, for benchmarks: the same
// bytes on every machine.
#ifndef MRSN_EVAL_SYNTHETIC_H_
#define MRSN_EVAL_SYNTHETIC_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace mrsn::eval {

struct SyntheticFiles {
  std::string ground_truth;  // CSV text
  std::string detections;    // CSV text
  int64_t num_gt = 0, num_detections = 0, num_keyframes = 0;
};

// Ground truth: the AVA CSV at `ground_truth_path`, repeated under new video names (or
// cut) until about `rows` detections fit at 32 a keyframe. Detections: on every
// keyframe its boxes, moved by up to 6 %, 15 % of them missing, and false boxes, each
// with several classes; every score is different.
absl::StatusOr<SyntheticFiles> SyntheticAva(const std::string& ground_truth_path, int64_t rows);

// The boxes of UCF101-24's test list with one detection each (15 % missing) and a
// false one beside every fourth: 185 thousand.
absl::StatusOr<SyntheticFiles> SyntheticUcf24(const std::string& mat_path,
                                              const std::string& video_list_path);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_SYNTHETIC_H_

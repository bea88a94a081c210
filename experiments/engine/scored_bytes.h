// What the detector found in a batch, as bytes that travel from one process to another.
#ifndef MRSN_EXPERIMENTS_ENGINE_SCORED_BYTES_H_
#define MRSN_EXPERIMENTS_ENGINE_SCORED_BYTES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "datasets/loader.h"
#include "mrsn/detector.h"
#include "ops/base/keyframe.h"

namespace mrsn::experiments {

// As Scored (inference.h), with key frames of its own.
struct FoundInClips {
  std::vector<Keyframe> keyframes;
  Detections found;
};

// What one process has to tell of a batch.
struct FoundByRank {
  std::vector<FoundInClips> clips;  // of one size of frame each
  std::vector<datasets::SkippedClip> skipped;
};

// Tensors are contiguous, on the CPU, float32 or int64; some may be undefined.
std::string BytesOf(const FoundByRank& found);

// The other way round, bit for bit. DataLoss if the bytes end too early or hold something else.
absl::StatusOr<FoundByRank> FoundFromBytes(absl::string_view bytes);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_SCORED_BYTES_H_

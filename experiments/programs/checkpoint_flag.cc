#include "experiments/programs/checkpoint_flag.h"

#include "absl/strings/match.h"
#include "ops/base/file.h"

namespace mrsn::experiments {

bool IsRandom(const std::string& checkpoint) { return absl::StartsWith(checkpoint, "random:"); }

std::string CheckpointFlag(const std::string& checkpoint) {
  return IsRandom(checkpoint) ? checkpoint : UserPath(checkpoint);
}

}  // namespace mrsn::experiments

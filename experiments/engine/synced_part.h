// A part of a step whose batch norms see the clips of all ranks (train.sync_batch_norm).
#ifndef MRSN_EXPERIMENTS_ENGINE_SYNCED_PART_H_
#define MRSN_EXPERIMENTS_ENGINE_SYNCED_PART_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "mrsn/detector.h"
#include "mrsn/detector_input.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

struct SyncedPart {
  int64_t persons = 0;  // of all ranks; if there is nobody, no rank computes anything
  InputSize clip;       // frames, height and width of the ranks' clips
};

// `samples` is this rank's share. Every rank calls it. InvalidArgument on every rank if clips have different
// sizes of frame: ranks would run their norms a different number of times. Other errors: a rank has ended.
absl::StatusOr<SyncedPart> AskAllRanks(const std::vector<datasets::Sample>& samples, ProcessGroup& group);

// The loss of no clips on a rank that has none: 0, with a graph through the norms that the other ranks' clips
// go through.
LossOutput LossOfNoClips(const InputSize& clip, ClassLoss loss, Detector& model);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_SYNCED_PART_H_

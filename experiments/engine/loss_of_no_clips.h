// The part of a rank without clips in a step whose batch norms see the clips of all ranks
// (train.sync_batch_norm).
#ifndef MRSN_EXPERIMENTS_ENGINE_LOSS_OF_NO_CLIPS_H_
#define MRSN_EXPERIMENTS_ENGINE_LOSS_OF_NO_CLIPS_H_

#include "mrsn/detector.h"
#include "mrsn/detector_input.h"

namespace mrsn::experiments {

// 0, with a graph through the norms that the other ranks' clips go through. `clip`: frames, height and width
// of those clips; its counts are not read.
LossOutput LossOfNoClips(const InputSize& clip, ClassLoss loss, Detector& model);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_LOSS_OF_NO_CLIPS_H_

// What a run does with clips that cannot be read.
#ifndef MRSN_EXPERIMENTS_ENGINE_UNREADABLE_CLIPS_H_
#define MRSN_EXPERIMENTS_ENGINE_UNREADABLE_CLIPS_H_

#include "datasets/unreadable.h"
#include "experiments/train_config.pb.h"

namespace mrsn::experiments {

inline datasets::Unreadable UnreadableOf(const TrainConfig& config) {
  datasets::Unreadable unreadable;
  if (config.unreadable_clips() == TrainConfig::SKIP_AND_COUNT) {
    unreadable.policy = datasets::UnreadablePolicy::kSkipAndCount;
  }
  if (config.has_most_unreadable()) unreadable.most = config.most_unreadable();
  return unreadable;
}

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_UNREADABLE_CLIPS_H_

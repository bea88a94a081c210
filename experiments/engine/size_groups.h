// Cuts a batch into parts whose clips have one size of frame. Clips of different sizes are never padded to
// one: a padded clip would have boxes of another frame, and zeros in its context.
#ifndef MRSN_EXPERIMENTS_ENGINE_SIZE_GROUPS_H_
#define MRSN_EXPERIMENTS_ENGINE_SIZE_GROUPS_H_

#include <vector>

#include "absl/status/status.h"
#include "datasets/dataset.h"

namespace mrsn::experiments {

// Neighbours of one size together: the clips stay in order.
std::vector<std::vector<datasets::Sample>> RunsOfOneSize(std::vector<datasets::Sample> samples);

// All of one size together, in order; groups are ordered by their first clip.
std::vector<std::vector<datasets::Sample>> GroupsOfOneSize(std::vector<datasets::Sample> samples);

// An error that names two clips, unless all clips have one size. Batch norms in training need it: they would
// normalise each group with the statistics of its own few clips, and inference knows only their running mean.
absl::Status CheckOneSize(const std::vector<datasets::Sample>& samples);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_SIZE_GROUPS_H_

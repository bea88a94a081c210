// Opens a generated world as a data set.
#ifndef MRSN_DATASETS_GENERATED_OPEN_WORLD_H_
#define MRSN_DATASETS_GENERATED_OPEN_WORLD_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "datasets/clip_dataset.h"
#include "datasets/dataset.h"
#include "datasets/generated/room.h"
#include "datasets/generated_data.h"
#include "datasets/proposals.h"

namespace mrsn::datasets::generated {

// Writes the world under <folder of `generated`>/<world.name> unless it is there. The caller sets usage,
// clip, transform and cache of `clip_dataset`; this function fills in the rest. InvalidArgument if the world
// has no such split.
absl::StatusOr<std::unique_ptr<Dataset>> OpenWorld(const World& world, const std::string& split,
                                                   const ProposalOptions& proposals,
                                                   ClipDatasetOptions clip_dataset,
                                                   const GeneratedData& generated);

}  // namespace mrsn::datasets::generated

#endif  // MRSN_DATASETS_GENERATED_OPEN_WORLD_H_

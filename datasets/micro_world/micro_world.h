// Opens the generated world of README.md as a data set.
#ifndef MRSN_DATASETS_MICRO_WORLD_MICRO_WORLD_H_
#define MRSN_DATASETS_MICRO_WORLD_MICRO_WORLD_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "datasets/clip_dataset.h"
#include "datasets/dataset.h"
#include "datasets/generated_data.h"
#include "datasets/micro_world/generate.h"
#include "datasets/proposals.h"

namespace mrsn::datasets {

struct MicroWorldOptions {
  micro::GenerateOptions generate;
  std::string split = "train";  // or "val"
  ProposalOptions proposals;
};

// Generates the videos under <folder of `generated`>/micro_world unless they exist. The caller sets usage,
// clip, transform and cache of `clip_dataset`; this function fills in the rest.
absl::StatusOr<std::unique_ptr<Dataset>> OpenMicroWorld(const MicroWorldOptions& options,
                                                        ClipDatasetOptions clip_dataset,
                                                        const GeneratedData& generated);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_MICRO_WORLD_MICRO_WORLD_H_

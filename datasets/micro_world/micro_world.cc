#include "datasets/micro_world/micro_world.h"

#include <utility>

#include "datasets/generated/open_world.h"

namespace mrsn::datasets {

absl::StatusOr<std::unique_ptr<Dataset>> OpenMicroWorld(const MicroWorldOptions& options,
                                                        ClipDatasetOptions clip_dataset,
                                                        const GeneratedData& generated) {
  return generated::OpenWorld(micro::GeneratedWorld(options.generate), options.split, options.proposals,
                              std::move(clip_dataset), generated);
}

}  // namespace mrsn::datasets

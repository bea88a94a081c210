// The second generated world from its config.
#ifndef MRSN_DATASETS_MICRO_WORLD_2_MICRO_WORLD_2_CONFIG_H_
#define MRSN_DATASETS_MICRO_WORLD_2_MICRO_WORLD_2_CONFIG_H_

#include "absl/status/statusor.h"
#include "datasets/dataset_opener.h"
#include "datasets/generated_data.h"

namespace mrsn::datasets {

// InvalidArgument names the field ("dataset.micro_world_2"), its value and what is allowed.
absl::StatusOr<DatasetOpener> ReadMicroWorld2(const DatasetConfig& config, Usage usage,
                                              const GeneratedData& generated);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_MICRO_WORLD_2_MICRO_WORLD_2_CONFIG_H_

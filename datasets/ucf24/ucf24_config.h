// UCF101-24 from its config.
#ifndef MRSN_DATASETS_UCF24_UCF24_CONFIG_H_
#define MRSN_DATASETS_UCF24_UCF24_CONFIG_H_

#include "absl/status/statusor.h"
#include "datasets/dataset_opener.h"

namespace mrsn::datasets {

// InvalidArgument names the field ("dataset.ucf24"), its value and what is allowed.
absl::StatusOr<DatasetOpener> ReadUcf24(const DatasetConfig& config, Usage usage);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_UCF24_UCF24_CONFIG_H_

// AVA from its config.
#ifndef MRSN_DATASETS_AVA_AVA_CONFIG_H_
#define MRSN_DATASETS_AVA_AVA_CONFIG_H_

#include "absl/status/statusor.h"
#include "datasets/ava/ava.h"
#include "datasets/dataset_opener.h"

namespace mrsn::datasets {

// InvalidArgument names the field ("dataset.ava"), its value and what is allowed.
absl::StatusOr<DatasetOpener> ReadAva(const DatasetConfig& config, Usage usage);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_AVA_AVA_CONFIG_H_

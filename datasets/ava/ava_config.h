// AVA from its config.
#ifndef MRSN_DATASETS_AVA_AVA_CONFIG_H_
#define MRSN_DATASETS_AVA_AVA_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "datasets/ava/ava.h"
#include "datasets/dataset_opener.h"

namespace mrsn::datasets {

// The files of one split, "train" or "val", for whoever looks at them without opening the data set.
absl::StatusOr<AvaOptions> ReadAvaFiles(const DatasetConfig& config, const std::string& split);

// InvalidArgument names the field ("dataset.ava"), its value and what is allowed.
absl::StatusOr<DatasetOpener> ReadAva(const DatasetConfig& config, Usage usage);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_AVA_AVA_CONFIG_H_

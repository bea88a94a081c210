// Opens the data set that a config describes.
#ifndef MRSN_DATASETS_OPEN_DATASET_H_
#define MRSN_DATASETS_OPEN_DATASET_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/dataset_config.pb.h"
#include "datasets/dataset_opener.h"
#include "datasets/generated_data.h"
#include "datasets/unreadable.h"

namespace mrsn::datasets {

// The config of `config`'s data set, read for one use of it; no file is touched. Errors name the field.
absl::StatusOr<DatasetOpener> ReadDatasetConfig(const DatasetConfig& config, Usage usage,
                                                const GeneratedData& generated = {});

// Checks every field's range without touching a file. The message names the field,
// its value and what is allowed: "dataset.clip.frames is 0; allowed: 1 to 128".
absl::Status ValidateDatasetConfig(const DatasetConfig& config);

// Opens `config`'s training or inference split. `data_root` is where the files of ucf24 and ava are.
// micro_world does not read it: its videos are generated into the folder of `generated` when they are not
// there yet. `unreadable`: what becomes of clips with a frame that is missing or beyond the end of its video.
absl::StatusOr<std::unique_ptr<Dataset>> OpenDataset(const DatasetConfig& config, Usage usage,
                                                     const std::string& data_root,
                                                     const GeneratedData& generated = {},
                                                     const Unreadable& unreadable = {});

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_OPEN_DATASET_H_

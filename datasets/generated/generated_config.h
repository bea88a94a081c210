// What the configs of generated worlds have in common.
#ifndef MRSN_DATASETS_GENERATED_GENERATED_CONFIG_H_
#define MRSN_DATASETS_GENERATED_GENERATED_CONFIG_H_

#include <string>
#include <vector>

#include "datasets/dataset_config.pb.h"
#include "datasets/dataset_opener.h"
#include "ops/base/config_reader.h"

namespace mrsn::datasets::generated {

// The splits of training and inference must be among `splits`, of which there are at least two. `reader`
// reads `config`; `world` is the name of its message.
void CheckSplits(const DatasetConfig& config, const std::string& world,
                 const std::vector<std::string>& splits, ConfigReader* reader);

// DatasetOpener::add_files of a world, which has none: an error that says so.
decltype(DatasetOpener::add_files) NoFiles(const std::string& world);

}  // namespace mrsn::datasets::generated

#endif  // MRSN_DATASETS_GENERATED_GENERATED_CONFIG_H_

// TransformConfig, read.
#ifndef MRSN_DATASETS_TRANSFORM_CONFIG_H_
#define MRSN_DATASETS_TRANSFORM_CONFIG_H_

#include "datasets/dataset_config.pb.h"
#include "datasets/transform_options.h"
#include "ops/base/config_reader.h"

namespace mrsn::datasets {

// All fields but short_side, which clip_config.h reads. The first one out of range is the error of `reader`,
// the reader of the data config that has the message `config`.
TransformOptions ReadTransform(const TransformConfig& config, int short_side, ConfigReader* reader);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_TRANSFORM_CONFIG_H_

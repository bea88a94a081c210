// Checks that a model fits its data and the writer of its bank. A misfit would otherwise throw in the first
// forward pass.
#ifndef MRSN_EXPERIMENTS_RUN_MODEL_FIT_H_
#define MRSN_EXPERIMENTS_RUN_MODEL_FIT_H_

#include <string>

#include "absl/status/status.h"
#include "datasets/dataset.h"
#include "datasets/dataset_config.pb.h"
#include "mrsn/model_needs.h"

namespace mrsn::experiments {

// OK if the model can read the data set that `config` describes. Errors name the field.
absl::Status CheckDataFits(const ModelNeeds& model, const DatasetConfig& config, datasets::Usage usage,
                           const datasets::Dataset& dataset);

// OK if the reader can read the bank that the experiment `writer_name` writes, or reads no bank.
absl::Status CheckBankFits(const ModelNeeds& reader, const ModelNeeds& writer,
                           const std::string& writer_name);

// OK if the writer of the reader's bank was trained on the reader's training data. `writer` and `reader` are
// the two training data sets.
absl::Status CheckBankData(const datasets::Dataset& reader, const datasets::Dataset& writer,
                           const std::string& writer_name);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_MODEL_FIT_H_

// Names the data of a relation bank.
#ifndef MRSN_EXPERIMENTS_RUN_BANK_DATA_H_
#define MRSN_EXPERIMENTS_RUN_BANK_DATA_H_

#include <string>

#include "datasets/dataset.h"
#include "datasets/dataset_config.pb.h"

namespace mrsn::experiments {

// SHA-256 of the boxes and the frames that a bank's features are made from: BankIdentity::boxes. `data`
// opened `dataset`.
std::string BankData(const datasets::Dataset& dataset, DatasetConfig data);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_BANK_DATA_H_

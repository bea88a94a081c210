// Writes the relation bank of a trained detector.
#ifndef MRSN_EXPERIMENTS_ENGINE_BANK_FILLING_H_
#define MRSN_EXPERIMENTS_ENGINE_BANK_FILLING_H_

#include <string>

#include "absl/status/status.h"
#include "datasets/dataset.h"
#include "datasets/unreadable.h"
#include "experiments/train_config.pb.h"
#include "mrsn/bank/bank_identity.h"
#include "mrsn/detector.h"
#include "ops/device/arithmetic.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

struct BankFillingOptions {
  std::string title;  // before the progress bar
  TrainConfig::Loss loss = TrainConfig::BCE;
  Arithmetic arithmetic;            // as InferenceOptions::arithmetic
  int workers = 0;                  // as InferenceOptions::workers
  datasets::Unreadable unreadable;  // kSkipAndCount: a clip that cannot be read has an entry without persons
  BankIdentity identity;            // names everything that the bank is made from
  ProcessGroup* group = &OneProcess();  // the processes that compute the features; rank 0 writes them
  bool wait = true;                     // while another job writes the bank; false: the error Unavailable
};

// Runs the detector over the data set and writes the features of every box to a new bank at `path`: the
// memory if the detector keeps one, otherwise G. A key frame without boxes gets an entry without persons.
// AlreadyExists if something stands at `path`. After an error or the process's death nothing stands there,
// but the features that were computed are kept beside it (mrsn/bank/relation_bank_writer.h). The same call
// then goes on with the first batch that is not complete; batches hold the same clips, so the bank gets the
// same bytes as without the interruption.
// Every process of the group calls it, and returns when the bank is there.
absl::Status FillBank(const BankFillingOptions& options, const std::string& path,
                      const datasets::Dataset& dataset, Detector& model);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_BANK_FILLING_H_

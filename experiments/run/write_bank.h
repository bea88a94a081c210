// A relation bank of given weights and data, without a run of an experiment.
#ifndef MRSN_EXPERIMENTS_RUN_WRITE_BANK_H_
#define MRSN_EXPERIMENTS_RUN_WRITE_BANK_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/run/run_settings.h"
#include "mrsn/bank/bank_identity.h"

namespace mrsn::experiments {

struct WriteBankOptions {
  RunRequest request;  // whose model and data; `seed` and `label` do not matter
  RunSettings settings;
  // A file with the model's weights, ours or another framework's, or "random:<seed>" (given_weights.h).
  std::string checkpoint;
  // The videos: those that the experiment evaluates, or those that it trains on.
  bool evaluated_videos = false;
  std::string bank;  // the folder to write; empty: <output_root>/banks/<experiment>/<train|eval>-<identity>
};

struct WrittenBank {
  std::string path;
  BankIdentity identity;
  bool was_there = false;  // an earlier call has written it
};

// Writes the bank that a run of the experiment would write with these weights; an interrupted call goes on. A
// finished bank of the same weights, data and experiment is left as it is. Errors: what
// LoadExperiment, OpenDataset and LoadGivenWeights report; InvalidArgument for a model that needs the bank of
// another one, or gives no features; FailedPrecondition for another bank in the folder. Every process of
// RunSettings::group calls it.
absl::StatusOr<WrittenBank> WriteBank(const WriteBankOptions& options);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_WRITE_BANK_H_

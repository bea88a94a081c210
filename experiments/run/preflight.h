// Before anything is trained: is everything there that a run needs, and what will it cost?
#ifndef MRSN_EXPERIMENTS_RUN_PREFLIGHT_H_
#define MRSN_EXPERIMENTS_RUN_PREFLIGHT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/run/pipeline.h"

namespace mrsn::experiments {

// One thing a run reads, or one setting of model and data that must agree.
struct Need {
  std::string what;    // "ava22/mrsn_s_r50: train_data"
  absl::Status state;  // why it cannot be used, and how to make it
  std::string found;   // if it can: "157,000 clips"
};

struct CostEstimate {
  int64_t parameters = 0;
  int64_t state_bytes = 0;       // weights, gradients and momentum
  int64_t activation_bytes = 0;  // kept for the backward pass of one batch, 3 persons a clip
  // Of all iterations; nothing when the training data cannot be opened. A backward pass counts as
  // two forward passes.
  std::optional<int64_t> iterations;
  double training_macs = 0;
  double macs_per_second = 0;  // of a matrix product here, now: what no training can exceed
};

struct Preflight {
  std::string fingerprint, config;  // of the resolved experiment, and its text
  std::vector<Need> needs;          // its own and those of the experiments it starts from
  // FailedPrecondition naming everything that is missing, one line each.
  absl::Status AllMet() const;
};

// Opens every data set (also those a relation bank is written for), reads pretrained weights, and
// compares what the model reads with what the data gives. An error only for an experiment that does
// not load.
absl::StatusOr<Preflight> CheckNeeds(const std::string& name, const PipelineOptions& options);

absl::StatusOr<CostEstimate> EstimateCost(const std::string& name, const PipelineOptions& options);

// For the terminal: config, needs, estimate.
std::string DescribePreflight(const std::string& name, const Preflight& preflight,
                              const absl::StatusOr<CostEstimate>& cost);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_PREFLIGHT_H_

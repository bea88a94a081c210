// Estimates the computation of a training before it begins. experiments/plan plans its memory, disk and time.
#ifndef MRSN_EXPERIMENTS_RUN_COST_ESTIMATE_H_
#define MRSN_EXPERIMENTS_RUN_COST_ESTIMATE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "experiments/run/opened_run.h"

namespace mrsn::experiments {

struct CostEstimate {
  int64_t parameters = 0;
  // Of all iterations. No value if the training data cannot be opened. A backward pass counts as two forward
  // passes.
  std::optional<int64_t> iterations;
  double training_macs = 0;
  double macs_per_second = 0;  // measured on a matrix product now: an upper limit for training
};

// `threads` as RunSettings::threads.
absl::StatusOr<CostEstimate> EstimateCost(const OpenedRun& run, int threads);

// Lines for the terminal.
std::string CostText(const CostEstimate& cost);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_COST_ESTIMATE_H_

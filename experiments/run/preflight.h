// Describes an opened run in words, before anything is trained.
#ifndef MRSN_EXPERIMENTS_RUN_PREFLIGHT_H_
#define MRSN_EXPERIMENTS_RUN_PREFLIGHT_H_

#include <string>

#include "absl/status/statusor.h"
#include "experiments/run/cost_estimate.h"
#include "experiments/run/opened_run.h"

namespace mrsn::experiments {

// For the terminal: the resolved config, the inputs that exist, the missing ones, the estimate.
std::string PreflightText(const OpenedRuns& opened, const absl::StatusOr<CostEstimate>& cost);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_PREFLIGHT_H_

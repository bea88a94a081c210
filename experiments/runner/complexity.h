// Parameters and multiply-adds of an experiment's model, for the tables' columns.
#ifndef MRSN_EXPERIMENTS_RUNNER_COMPLEXITY_H_
#define MRSN_EXPERIMENTS_RUNNER_COMPLEXITY_H_

#include "absl/status/status.h"
#include "experiments/experiment.pb.h"
#include "experiments/result.pb.h"

namespace mrsn::experiments {

// Clip and boxes that are counted for.
struct ComplexitySetting {
  int frames = 8;                 // of the slow pathway
  int height = 256, width = 256;  // pixels
  int boxes = 3;                  // persons in the clip
  int bank_entries = 63;          // in the window of a long-term head: 21 s of 3 persons
};

// Counted from the operations that one forward pass executes, on the meta device: no
// weights, no memory.
absl::Status AddComplexity(const Experiment& experiment, const ComplexitySetting& setting, Result* result);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUNNER_COMPLEXITY_H_

// Runs many (experiment, seed) pairs as child processes of this program.
#ifndef MRSN_EXPERIMENTS_RUN_RUN_MANY_H_
#define MRSN_EXPERIMENTS_RUN_RUN_MANY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/run/pipeline.h"

namespace mrsn::experiments {

// Runs each request and, first, what they need: pretrained weights once, and an
// experiment whose relation bank another one reads. `options` gives the folders and
// the threads of each child; `parallel` children at once. Finished runs are found
// on disk and cost nothing.
absl::Status RunMany(const std::vector<RunRequest>& requests, const PipelineOptions& options, int parallel);

// When this process was started by RunMany to do one run, does it and sets
// *exit_code; otherwise returns false at once. Programs that call RunMany call this
// first in main().
bool RanAsChild(int argc, char** argv, int* exit_code);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_RUN_MANY_H_

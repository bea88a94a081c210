// Runs many (experiment, seed) pairs as child processes of this program.
#ifndef MRSN_EXPERIMENTS_RUN_RUN_MANY_H_
#define MRSN_EXPERIMENTS_RUN_RUN_MANY_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/run/run_settings.h"

namespace mrsn::experiments {

// Runs each of `runs` and, first, the runs they need, except those whose weights came with the program.
// `settings` holds for each child; `parallel` children run at once, each with RunSettings::processes
// processes. Finished runs are found on disk and cost nothing.
absl::Status RunMany(const std::vector<std::shared_ptr<const RunNode>>& runs, const RunSettings& settings,
                     int parallel);

// Resolves the configs first; their errors are returned before anything runs.
absl::Status RunMany(const std::vector<RunRequest>& requests, const RunSettings& settings, int parallel);

// In a process that RunMany has started, does its run, sets *exit_code and returns true; otherwise returns
// false at once. Programs that call RunMany call RanAsChild first in main().
bool RanAsChild(int argc, char** argv, int* exit_code);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_RUN_MANY_H_

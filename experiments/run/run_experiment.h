// Runs one experiment from its name to its result: the runs that it starts from, training, evaluation, the
// result file (run_settings.h gives the place of each file). A file that exists already and belongs to
// exactly this run is used, never made again.
//
//   const auto finished = RunExperiment({"micro/acre", "", "", 0}, DefaultSettings(""));
//   finished->result.frame_map();
#ifndef MRSN_EXPERIMENTS_RUN_RUN_EXPERIMENT_H_
#define MRSN_EXPERIMENTS_RUN_RUN_EXPERIMENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/result.pb.h"
#include "experiments/run/run_settings.h"

namespace mrsn::experiments {

struct FinishedRun {
  Result result;
  std::string result_path;
  std::string weights_path;  // the trained weights and their provenance
};

// First checks all inputs: FailedPrecondition names everything that is missing, and nothing begins. Then
// trains if necessary, evaluates, writes and returns the result. In a group of several processes
// (RunSettings::group) every rank calls it, and rank 0 alone gets the result.
absl::StatusOr<FinishedRun> RunExperiment(const RunRequest& request, const RunSettings& settings);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_RUN_EXPERIMENT_H_

// Scores weights that are given on an experiment's evaluation data; nothing is trained.
//
//   EvaluateWeightsOptions options{{"micro/acre", "", "", 0}, DefaultSettings(""), "weights.safetensors"};
//   const auto evaluated = EvaluateWeights(options);
//   evaluated->result.frame_map();
#ifndef MRSN_EXPERIMENTS_RUN_EVALUATE_WEIGHTS_H_
#define MRSN_EXPERIMENTS_RUN_EVALUATE_WEIGHTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/result.pb.h"
#include "experiments/run/run_settings.h"

namespace mrsn::experiments {

struct EvaluateWeightsOptions {
  RunRequest request;  // whose model and data; `seed` does not matter
  RunSettings settings;
  std::string checkpoint;      // as ReadWeightsSource reads it
  bool allow_missing = false;  // as LoadGivenWeights
  // The bank of the evaluated videos, for a model that reads the bank of another one.
  std::string bank;
  // The folder to write; "": <output_root>/evaluations/<first digits of the weights' hash>.
  std::string output;
};

// The files lie in <output>/<experiment>/, so that <output> is a folder of results as `report`, `compare` and
// `record_results` read it. The seed is that of the training or of the random weights, and 0 for weights of
// others.
struct EvaluatedWeights {
  Result result;
  std::string result_path;        // seed<k>.textproto
  std::string detections_path;    // seed<k>.detections.csv, in the layout of the data set
  std::string ground_truth_path;  // seed<k>.groundtruth.csv
  bool was_there = false;         // an earlier call has made it
};

// A call that was stopped goes on; a finished result of the same weights, data and experiment is returned as
// it is. The result is official if the experiment itself has trained the weights to the end. Errors:
// FailedPrecondition names missing data, a bank that is missing or of other data, or a result of other
// weights at the same place; LoadGivenWeights' errors; DataLoss for weights whose hash is not the one that
// their file tells. Every process of RunSettings::group calls it, and rank 0 alone gets the result.
absl::StatusOr<EvaluatedWeights> EvaluateWeights(const EvaluateWeightsOptions& options);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_EVALUATE_WEIGHTS_H_

// Evaluates a model with the weights that it has: what runs of experiments and //experiments:evaluate share,
// down to the file of the result.
#ifndef MRSN_EXPERIMENTS_RUN_MODEL_EVALUATION_H_
#define MRSN_EXPERIMENTS_RUN_MODEL_EVALUATION_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/dataset_config.pb.h"
#include "datasets/unreadable.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/result.pb.h"
#include "experiments/run/opened_run.h"
#include "experiments/run/run_settings.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/checkpoint/checkpoint.pb.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

// RunSettings::group, or this process alone.
ProcessGroup& GroupOf(const RunSettings& settings);

// The bank that a run's model writes, with the weights it has, for the boxes of `dataset`, which `data`
// opened for inference.
struct ModelBank {
  const OpenedRun* writer = nullptr;
  std::string weights_hash;  // of the writer's model
  const datasets::Dataset* dataset = nullptr;
  DatasetConfig data;
  datasets::Unreadable unreadable;  // the reader's: such clips have an entry without persons, or end the job
  std::string folder;               // where banks of these weights lie
};
// Opens the bank <folder>/bank-<data>, which is written first if it is not there.
absl::StatusOr<std::unique_ptr<RelationBank>> WriteOrOpenBank(const ModelBank& bank,
                                                              const RunSettings& settings);

struct ModelEvaluation {
  const OpenedRun* run = nullptr;  // its eval_data and its model are used
  // eval_data as the model sees them (frozen_backbone.h); null: as they are.
  const datasets::Dataset* seen = nullptr;
  std::string weights_hash;            // of the model
  const RelationBank* bank = nullptr;  // of the evaluated videos; null if the model reads none
  std::string detections_path;         // CSV in the layout of the data set
  std::string ground_truth_path;       // CSV, likewise
  std::string result_path;
  std::function<void(Result*)> describe;  // adds the facts of the weights before the result is written
};

// Runs the detector over the data, writes the three files and returns the result. An evaluation that was
// stopped goes on (EvaluationOptions::identity). Every process of RunSettings::group calls it, and rank 0
// alone gets the result.
absl::StatusOr<Result> EvaluateModel(const ModelEvaluation& evaluation, const RunSettings& settings);

// Adds the facts of the training that the weights' file tells.
void DescribeTraining(const Checkpoint& about, Result* result);

// Whether `path` holds the result of these weights on the run's data under the run's configuration, with the
// precision that a run on `device` has; the result is then in `result`.
bool ReadFinishedResult(const std::string& path, const OpenedRun& run, const std::string& weights_hash,
                        const std::string& device, Result* result);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_MODEL_EVALUATION_H_

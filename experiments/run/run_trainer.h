// Trains an opened run and writes its relation banks. A file that is on disk already and belongs to exactly
// this run is used, never made again.
#ifndef MRSN_EXPERIMENTS_RUN_RUN_TRAINER_H_
#define MRSN_EXPERIMENTS_RUN_RUN_TRAINER_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/dataset_config.pb.h"
#include "datasets/unreadable.h"
#include "experiments/run/model_evaluation.h"
#include "experiments/run/opened_run.h"
#include "experiments/run/run_settings.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/checkpoint/checkpoint.pb.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

// Trained weights on disk.
struct TrainedModel {
  std::string folder;  // of the run
  std::string weights_path;
  std::string weights_hash;
  Checkpoint about;  // what the weights' file says
};

// In a group of several processes every rank calls the same functions in the same order.
class RunTrainer {
 public:
  explicit RunTrainer(const RunSettings& settings) : settings_(settings), group_(GroupOf(settings)) {}

  ProcessGroup& group() const { return group_; }

  // Trains the run's model, and first the runs it needs; run.model has the trained weights then.
  // FailedPrecondition if the run's folder holds the weights of another one.
  absl::StatusOr<TrainedModel> Trained(OpenedRun& run);

  // The bank that the trained run writes for the boxes of `dataset`, which `data` opened for inference.
  // Readers whose data, threshold, clips or transforms differ get different banks.
  // `unreadable` is the reader's: clips that cannot be read have an entry without persons, or end the run.
  absl::StatusOr<std::unique_ptr<RelationBank>> Bank(OpenedRun& writer, const datasets::Dataset& dataset,
                                                     const DatasetConfig& data,
                                                     const datasets::Unreadable& unreadable);

 private:
  // The inputs of a training.
  struct Start {
    std::string identity;                // of the run: a hash of everything that decides about its weights
    std::unique_ptr<RelationBank> bank;  // null: the model reads none in training
  };

  absl::StatusOr<Start> Prepare(OpenedRun& run);
  absl::StatusOr<TrainedModel> TrainOrLoad(OpenedRun& run);
  // The frame-mAP of run.model as it is, on the key frames of TrainConfig::evaluate_every_nth_keyframe.
  absl::StatusOr<double> Validate(OpenedRun& run, const std::string& folder);

  const RunSettings& settings_;
  ProcessGroup& group_;
  std::map<const OpenedRun*, TrainedModel> trained_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUN_RUN_TRAINER_H_

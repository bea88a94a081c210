// Trains a detector on a dataset, resumably.
#ifndef MRSN_EXPERIMENTS_ENGINE_TRAINER_H_
#define MRSN_EXPERIMENTS_ENGINE_TRAINER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/engine/detector_input.h"
#include "experiments/train_config.pb.h"
#include "mrsn/checkpoint/checkpoint.pb.h"
#include "mrsn/detector.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {

struct TrainOptions {
  std::string title;  // before the progress bar
  // The run's description in checkpoints, without its position. A checkpoint of another identity is an error;
  // everything random follows from the seed.
  Checkpoint about;
  // Of the checkpoints (checkpoint_keeper.h), written every checkpoint_every_iterations, before and after
  // each validation and when a stop signal comes; the newest one is read when it exists.
  std::string checkpoint_folder;
  std::string log_path;  // one line for each step as it is done (training_log.h)
  // Gives rank 0 the frame-mAP of the model as it is, after every TrainConfig::evaluate_every_epochs; every
  // rank calls it. It may not change the weights. Empty: no validation.
  std::function<absl::StatusOr<double>()> validate;
  int workers = 0;  // threads that read clips; 0: datasets::DefaultWorkers(). Changes no number.
  // The processes that share each batch; every one calls Train. Rank 0 writes checkpoints and log.
  ProcessGroup* group = &OneProcess();
};

struct TrainReport {
  int64_t iterations = 0;
  double loss = 0;      // mean over the last 20 iterations of this sitting
  double seconds = 0;   // over all sittings
  int64_t skipped = 0;  // clips that could not be read, over all sittings and processes
  Checkpoint about;     // TrainOptions::about at the end
};

// SGD with the schedule of `config` (paper section 4.2). A model that keeps a memory reads it in place of
// `bank`; the memory starts empty and is part of the checkpoints. A run that is stopped at any moment and
// started again gives bit for bit the model of an undisturbed one with the same numbers of threads and
// processes: data order, augmentation and dropout follow from (seed, iteration, rank) alone.
//
// A loss or a gradient that is not finite is an error, which names the batch's clips; the weights stay what
// they were, and so does the last checkpoint. TrainConfig::skip_nan_batches such batches are left out without
// an error.
//
// The precision is config.precision(). With FLOAT16 a step whose gradients are too large for the scale of the
// loss is left out, and the scale is halved (loss_scaler.h). With config.ema_decay() the model has the
// average of its weights at the end and in `validate` (averaged_weights.h). Both are part of the checkpoints.
//
// A stop signal (ops/base/stop_signal.h), in a group that of rank 0, ends the training with the error of
// Stopped() when the running step and a checkpoint are done.
absl::StatusOr<TrainReport> Train(const TrainOptions& options, const TrainConfig& config,
                                  const datasets::Dataset& dataset, const BankWindows& bank, Detector& model);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_TRAINER_H_

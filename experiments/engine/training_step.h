// One step of a training: forward pass, backward pass, update.
#ifndef MRSN_EXPERIMENTS_ENGINE_TRAINING_STEP_H_
#define MRSN_EXPERIMENTS_ENGINE_TRAINING_STEP_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/engine/averaged_weights.h"
#include "experiments/engine/batch_loss.h"
#include "experiments/engine/detector_input.h"
#include "experiments/engine/learning_rate.h"
#include "experiments/engine/loss_scaler.h"
#include "experiments/engine/memory_pool.h"
#include "experiments/engine/shared_batch.h"
#include "experiments/train_config.pb.h"
#include "mrsn/detector.h"
#include "mrsn/head/long_term_window.h"
#include "ops/distributed/process_group.h"
#include "ops/sgd/sgd.h"

namespace mrsn::experiments {

struct StepInput {
  std::vector<datasets::Sample> samples;  // this rank's share of the batch; at least one in a group of one
  int64_t iteration = 0;                  // steps done before this one
};

struct StepOutput {
  double loss = 0;
  double gradient_norm = 0;  // of all gradients together, before clipping
  // False if one of the two is not finite, or no rank had a clip. Then neither the weights nor the memory has
  // been changed.
  bool applied = true;
  bool overflowed =
      false;          // not applied because the scale of a float16 loss was too large; it has been halved
  int64_t clips = 0;  // of all ranks
};

// SGD with the schedule of `config` (paper section 4.2) on `model`. Whatever a step draws at random follows
// from (seed, iteration, rank) alone.
//
// The batch may be computed in parts: train.accumulate ones after the other, and by the ranks of a group.
// Loss, gradients and memory are those of the whole batch up to rounding (step_gradients.h), on every rank
// the same bits. On the CPU all parts share the masks of dropout (shared_batch.h), unless a clip of the batch
// is missing. Batch norms that are trained see the statistics of their part; with train.sync_batch_norm those
// of this part of all ranks.
//
// Two ranks, without train.accumulate, give the bits of one process with two parts: both add the same two
// numbers. Clips must have one size, the loss be one mean (LossParts), and no norm be trained.
class TrainingStep {
 public:
  // `config`, `bank`, `model` and `group` must outlive this object.
  TrainingStep(const TrainConfig& config, uint64_t seed, int64_t iterations_per_epoch,
               const datasets::Dataset& dataset, const BankWindows& bank, Detector& model,
               ProcessGroup& group);

  // Of the step after `iteration` others.
  double LearningRate(int64_t iteration) const { return LearningRateAt(schedule_, iteration); }

  // Every rank calls it, also without samples. Errors: of the samples' windows, or another rank has ended.
  absl::StatusOr<StepOutput> Run(StepInput input);

  ops::Sgd& optimizer() { return optimizer_; }
  MemoryPool* memory() { return memory_ ? &*memory_ : nullptr; }  // null if the model keeps none
  LossScaler* scaler() { return scaler_ ? &*scaler_ : nullptr; }  // null unless the precision is FLOAT16
  AveragedWeights* average() {
    return average_ ? &*average_ : nullptr;
  }  // null without TrainConfig::ema_decay

 private:
  // The batch has been through the backward pass.
  struct Computed {
    double loss = 0;
    int64_t clips = 0;
    std::vector<BatchLoss::Group> groups;  // of this rank
  };
  absl::StatusOr<BatchLoss> AtOnce(std::vector<datasets::Sample> samples);
  GroupLoss LossOf(const std::vector<datasets::Sample>& samples, const LongTermWindow& window);
  LossOutput LossWithoutClips(const SharedBatch::Group& size);
  absl::StatusOr<Computed> InParts(std::vector<datasets::Sample> samples, int64_t iteration);
  double loss_scale() const { return scaler_ ? scaler_->scale() : 1; }
  absl::Status Remember(const std::vector<BatchLoss::Group>& groups, double loss);
  absl::Status AverageNormStatistics();

  const TrainConfig& config_;
  const uint64_t seed_;
  const int num_classes_;
  const BankWindows& bank_;
  Detector& model_;
  ProcessGroup& group_;
  const LearningRateSchedule schedule_;
  ops::Sgd optimizer_;
  std::optional<MemoryPool> memory_;
  std::optional<LossScaler> scaler_;
  std::optional<AveragedWeights> average_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_TRAINING_STEP_H_

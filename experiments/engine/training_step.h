// One step of a training: forward pass, backward pass, update.
#ifndef MRSN_EXPERIMENTS_ENGINE_TRAINING_STEP_H_
#define MRSN_EXPERIMENTS_ENGINE_TRAINING_STEP_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/engine/detector_input.h"
#include "experiments/engine/learning_rate.h"
#include "experiments/engine/memory_pool.h"
#include "experiments/train_config.pb.h"
#include "mrsn/detector.h"
#include "ops/sgd/sgd.h"

namespace mrsn::experiments {

struct StepInput {
  std::vector<datasets::Sample> samples;  // at least one
  int64_t iteration = 0;                  // steps done before this one
};

struct StepOutput {
  double loss = 0;
  double gradient_norm = 0;  // of all gradients together, before clipping
  // False if one of the two is not finite. Then neither the weights nor the memory has been changed.
  bool applied = true;
};

// SGD with the schedule of `config` (paper section 4.2) on `model`. Whatever a step draws at random follows
// from (seed, iteration) alone.
class TrainingStep {
 public:
  // `config`, `bank` and `model` must outlive this object.
  TrainingStep(const TrainConfig& config, uint64_t seed, int64_t iterations_per_epoch,
               const datasets::Dataset& dataset, const BankWindows& bank, Detector& model);

  // Of the step after `iteration` others.
  double LearningRate(int64_t iteration) const { return LearningRateAt(schedule_, iteration); }

  absl::StatusOr<StepOutput> Run(StepInput input);

  ops::Sgd& optimizer() { return optimizer_; }
  MemoryPool* memory() { return memory_ ? &*memory_ : nullptr; }  // null if the model keeps none

 private:
  const TrainConfig& config_;
  const uint64_t seed_;
  const int num_classes_;
  const BankWindows& bank_;
  Detector& model_;
  const LearningRateSchedule schedule_;
  ops::Sgd optimizer_;
  std::optional<MemoryPool> memory_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_TRAINING_STEP_H_

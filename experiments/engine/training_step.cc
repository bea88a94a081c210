#include "experiments/engine/training_step.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>

#include "experiments/engine/batch_loss.h"
#include "ops/base/random.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

LearningRateSchedule ScheduleOf(const TrainConfig& config, int64_t iterations_per_epoch) {
  LearningRateSchedule schedule;
  schedule.base = config.learning_rate();
  schedule.decay_factor = config.decay_factor();
  schedule.decay_epochs.assign(config.decay_epochs().begin(), config.decay_epochs().end());
  schedule.warmup_epochs = config.warmup_epochs();
  schedule.warmup_start = config.warmup_start_learning_rate();
  schedule.iterations_per_epoch = iterations_per_epoch;
  return schedule;
}

// Neighbouring iterations get unrelated dropout masks.
uint64_t SeedOfIteration(uint64_t seed, uint64_t iteration) {
  return MixBits(seed * kSplitMix64Step + iteration + 0x632be59bd9b4e019u);
}

std::vector<at::Tensor> GradientsOf(const torch::nn::Module& model) {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : model.parameters()) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  return gradients;
}

// Of all of them together, a scalar.
at::Tensor NormOf(const std::vector<at::Tensor>& gradients) {
  if (gradients.empty()) return at::zeros({});
  std::vector<at::Tensor> norms;
  for (const at::Tensor& gradient : gradients) norms.push_back(gradient.norm());
  return at::stack(norms).norm();
}

}  // namespace

TrainingStep::TrainingStep(const TrainConfig& config, uint64_t seed, int64_t iterations_per_epoch,
                           const datasets::Dataset& dataset, const BankWindows& bank, Detector& model)
    : config_(config),
      seed_(seed),
      num_classes_(static_cast<int>(dataset.classes().size())),
      bank_(bank),
      model_(model),
      schedule_(ScheduleOf(config, iterations_per_epoch)),
      optimizer_(model.parameters(), torch::optim::SGDOptions(config.learning_rate())
                                         .momentum(config.momentum())
                                         .nesterov(config.nesterov())
                                         .weight_decay(config.weight_decay())) {
  if (model.keeps_memory()) memory_.emplace(dataset, model.bank_width(), model.bank_radius());
}

absl::StatusOr<StepOutput> TrainingStep::Run(StepInput input) {
  static_cast<torch::optim::SGDOptions&>(optimizer_.param_groups()[0].options())
      .lr(LearningRate(input.iteration));
  at::manual_seed(SeedOfIteration(seed_, input.iteration));
  model_.train();
  SetBatchNorm(config_.batch_norm(), model_);
  MRSN_ASSIGN_OR_RETURN(const BatchLoss batch, LossOfBatch(std::move(input.samples), num_classes_, bank_,
                                                           memory(), ClassLossOf(config_.loss()), model_));
  optimizer_.zero_grad();
  batch.loss.backward();
  std::vector<at::Tensor> gradients = GradientsOf(model_);
  // The only values that the host waits for; it asks when all work of the step is under way.
  const at::Tensor loss = batch.loss.detach();
  const at::Tensor values = at::stack({loss, NormOf(gradients).to(loss.options())}).to(at::kCPU, at::kDouble);
  StepOutput output;
  output.loss = values[0].item<double>();
  output.gradient_norm = values[1].item<double>();
  output.applied = std::isfinite(output.loss) && std::isfinite(output.gradient_norm);
  if (!output.applied) return output;
  if (memory_) {
    for (const BatchLoss::Group& group : batch.groups) {
      MRSN_RETURN_IF_ERROR(memory_->Write(group.keyframes, group.clip_index, group.memory, output.loss));
    }
  }
  const double limit = config_.gradient_clip_norm();
  if (limit > 0 && output.gradient_norm > limit) {
    for (at::Tensor& gradient : gradients) gradient.mul_(limit / output.gradient_norm);
  }
  optimizer_.step();
  return output;
}

}  // namespace mrsn::experiments

#include "experiments/engine/training_step.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "experiments/engine/loss_of_no_clips.h"
#include "experiments/engine/scored_bytes.h"
#include "experiments/engine/size_groups.h"
#include "experiments/engine/step_gradients.h"
#include "mrsn/detector_input.h"
#include "ops/base/random.h"
#include "ops/base/status_macros.h"
#include "ops/device/arithmetic.h"
#include "ops/dropout/shared_dropout.h"
#include "ops/norm_relu/synced_norms.h"
#include "ops/recompute/recompute.h"

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

LossScalerOptions ScalingOf(const LossScaling& config) {
  LossScalerOptions options;
  if (config.has_initial_scale()) options.initial_scale = config.initial_scale();
  if (config.has_growth_factor()) options.growth_factor = config.growth_factor();
  if (config.has_growth_interval()) options.growth_interval = config.growth_interval();
  return options;
}

// Neighbouring iterations and ranks draw unrelated numbers.
uint64_t SeedOf(uint64_t seed, uint64_t iteration, uint64_t rank) {
  const uint64_t of_iteration = MixBits(seed * kSplitMix64Step + iteration + 0x632be59bd9b4e019u);
  return rank == 0 ? of_iteration : MixBits(of_iteration + rank * kSplitMix64Step);
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

// The running statistics of the norms that have just changed them.
std::vector<at::Tensor> TrainedStatistics(const torch::nn::Module& model) {
  std::vector<at::Tensor> statistics;
  for (const auto& module : model.modules(/*include_self=*/false)) {
    if (!module->is_training()) continue;
    for (const auto& buffer : module->named_buffers(/*recurse=*/false)) {
      if (buffer.key() == "running_mean" || buffer.key() == "running_var")
        statistics.push_back(buffer.value());
    }
  }
  return statistics;
}

SharedBatch::Clip ClipOf(const datasets::Sample& sample, const LongTermWindow& window) {
  SharedBatch::Clip clip;
  clip.frames = sample.slow.frames;
  clip.height = sample.slow.height;
  clip.width = sample.slow.width;
  clip.persons = static_cast<int64_t>(sample.actors.size());
  clip.entries = window.empty() ? 0 : window.features.size(0);
  clip.objects = static_cast<int64_t>(sample.objects.size());
  return clip;
}

// The part that a group has of this rank's last clips; -1 if it has none of its clips.
int LastOwn(const SharedBatch::Group& group) {
  int last = static_cast<int>(group.parts.size()) - 1;
  while (last >= 0 && group.parts[last].own.empty()) --last;
  return last;
}

// Of the elements at `places`, which nobody reads again.
template <typename T>
std::vector<T> Taken(const std::vector<size_t>& places, std::vector<T>& all) {
  std::vector<T> taken;
  for (const size_t place : places) taken.push_back(std::move(all[place]));
  return taken;
}

}  // namespace

TrainingStep::TrainingStep(const TrainConfig& config, uint64_t seed, int64_t iterations_per_epoch,
                           const datasets::Dataset& dataset, const BankWindows& bank, Detector& model,
                           ProcessGroup& group)
    : config_(config),
      seed_(seed),
      num_classes_(static_cast<int>(dataset.classes().size())),
      bank_(bank),
      model_(model),
      group_(group),
      schedule_(ScheduleOf(config, iterations_per_epoch)),
      optimizer_(model.parameters(), torch::optim::SGDOptions(config.learning_rate())
                                         .momentum(config.momentum())
                                         .nesterov(config.nesterov())
                                         .weight_decay(config.weight_decay())) {
  const std::optional<BankNeeds> read = model.needs().bank;
  if (read.has_value() && read->own_memory) memory_.emplace(dataset, read->width, read->radius);
  if (config.precision() == TrainConfig::FLOAT16) scaler_.emplace(ScalingOf(config.loss_scaling()));
  if (config.ema_decay() > 0) average_.emplace(config.ema_decay(), model);
}

absl::StatusOr<BatchLoss> TrainingStep::AtOnce(std::vector<datasets::Sample> samples) {
  const ops::RecomputeScope recompute(config_.activation_checkpointing());
  return LossOfBatch(std::move(samples), num_classes_, bank_, memory(), ClassLossOf(config_.loss()), model_,
                     ArithmeticOf(config_).type);
}

GroupLoss TrainingStep::LossOf(const std::vector<datasets::Sample>& samples, const LongTermWindow& window) {
  const ops::RecomputeScope recompute(config_.activation_checkpointing());
  return LossOfGroup(samples, window, num_classes_, ClassLossOf(config_.loss()), model_,
                     ArithmeticOf(config_).type);
}

LossOutput TrainingStep::LossWithoutClips(const SharedBatch::Group& size) {
  const ops::RecomputeScope recompute(config_.activation_checkpointing());
  const Autocast autocast(DeviceOf(model_).type(), ArithmeticOf(config_).type);
  InputSize clip;
  clip.frames = size.frames;
  clip.height = size.height;
  clip.width = size.width;
  return LossOfNoClips(clip, ClassLossOf(config_.loss()), model_);
}

absl::StatusOr<TrainingStep::Computed> TrainingStep::InParts(std::vector<datasets::Sample> samples,
                                                             int64_t iteration) {
  Computed computed;
  StepGradients gradients(group_, model_, loss_scale());
  const int parts = std::max(1, config_.accumulate());
  const bool synced = group_.size() > 1 && config_.sync_batch_norm();
  std::vector<LongTermWindow> windows;
  std::vector<SharedBatch::Clip> clips;
  for (const datasets::Sample& sample : samples) {
    MRSN_ASSIGN_OR_RETURN(windows.emplace_back(), WindowsFrom(bank_, memory(), {sample.keyframe}));
    clips.push_back(ClipOf(sample, windows.back()));
  }
  SharedBatch batch(group_, SeedOf(seed_, iteration, /*rank=*/0), parts,
                    config_.sync_batch_norm() ? SharedBatch::Deal::kRuns : SharedBatch::Deal::kAsToRanks);
  MRSN_RETURN_IF_ERROR(
      batch.Meet(clips, static_cast<int64_t>(clips.size()) * group_.size() == config_.batch_size()));
  const size_t groups = batch.groups().size();
  if (synced && groups > 1) {
    return absl::InvalidArgumentError(
        "train.sync_batch_norm: clips of a batch have different sizes of frame, and a norm would see each "
        "size apart; expected one size, or a transform.augmentation that crops");
  }
  for (size_t g = 0; g < groups; ++g) {
    const SharedBatch::Group& group = batch.groups()[g];
    MRSN_RETURN_IF_ERROR(batch.BeginGroup(g));
    for (int p = 0; p < parts; ++p) {
      const SharedBatch::Part& part = group.parts[p];
      std::optional<ops::SyncedNormsScope> norms;
      if (synced && part.persons > 0) norms.emplace(group_);
      const auto count = static_cast<int64_t>(part.own.size());
      LossOutput loss;
      if (count > 0) {
        std::optional<ops::BatchShareScope> scope;
        batch.BeginPart(p, &scope);
        GroupLoss found = LossOf(Taken(part.own, samples), JoinWindows(Taken(part.own, windows)));
        loss = std::move(found.output);
        computed.groups.push_back(std::move(found.group));
      } else if (norms.has_value()) {
        loss = LossWithoutClips(group);
      } else {
        continue;  // only other ranks have clips
      }
      // Norms over the ranks add in the backward pass, too, and operations of the ranks must not cross: nor
      // may those of a group that begins later.
      if (!synced && g + 1 == groups && p == LastOwn(group)) {
        gradients.AddLast({loss}, count);
      } else {
        gradients.Add({loss}, count);
      }
      if (norms.has_value()) MRSN_RETURN_IF_ERROR(norms->status());
    }
  }
  MRSN_ASSIGN_OR_RETURN(const StepGradients::Total total, gradients.Finish());
  computed.loss = total.loss;
  computed.clips = total.clips;
  return computed;
}

// Every rank keeps the whole memory: windows hold persons of clips that other ranks have computed.
absl::Status TrainingStep::Remember(const std::vector<BatchLoss::Group>& groups, double loss) {
  FoundByRank own;
  for (const BatchLoss::Group& group : groups) {
    own.clips.push_back({group.keyframes, {}});
    Detections& found = own.clips.back().found;
    found.clip_index = group.clip_index.cpu().contiguous();
    found.memory = group.memory.detach().to(at::kCPU, at::kFloat).contiguous();
  }
  std::vector<FoundByRank> all;
  if (group_.size() == 1) {
    all.push_back(std::move(own));
  } else {
    MRSN_ASSIGN_OR_RETURN(const std::vector<std::string> bytes, group_.Gather(BytesOf(own)));
    for (const std::string& of_rank : bytes) {
      MRSN_ASSIGN_OR_RETURN(all.emplace_back(), FoundFromBytes(of_rank));
    }
  }
  for (const FoundByRank& of_rank : all) {
    for (const FoundInClips& clips : of_rank.clips) {
      MRSN_RETURN_IF_ERROR(memory_->Write(clips.keyframes, clips.found.clip_index, clips.found.memory, loss));
    }
  }
  return absl::OkStatus();
}

// The statistics of the ranks' parts become one, so that a checkpoint of rank 0 is that of all.
absl::Status TrainingStep::AverageNormStatistics() {
  const std::vector<at::Tensor> statistics = TrainedStatistics(model_);
  if (statistics.empty()) return absl::OkStatus();
  MRSN_RETURN_IF_ERROR(group_.Sum(statistics));
  for (const at::Tensor& statistic : statistics) statistic.div_(group_.size());
  return absl::OkStatus();
}

absl::StatusOr<StepOutput> TrainingStep::Run(StepInput input) {
  if (config_.batch_norm() == TrainConfig::TRAINED) MRSN_RETURN_IF_ERROR(CheckOneSize(input.samples));
  static_cast<torch::optim::SGDOptions&>(optimizer_.param_groups()[0].options())
      .lr(LearningRate(input.iteration));
  at::manual_seed(SeedOf(seed_, input.iteration, group_.rank()));
  model_.train();
  SetBatchNorm(config_.batch_norm(), model_);
  StepOutput output;
  std::vector<at::Tensor> gradients;
  std::vector<BatchLoss::Group> groups;
  if (group_.size() == 1 && config_.accumulate() <= 1) {
    output.clips = static_cast<int64_t>(input.samples.size());
    MRSN_ASSIGN_OR_RETURN(BatchLoss batch, AtOnce(std::move(input.samples)));
    optimizer_.zero_grad();
    const double scale = loss_scale();
    (scale == 1 ? batch.loss : batch.loss * scale).backward();
    gradients = GradientsOf(model_);
    if (scale != 1) at::_foreach_div_(gradients, scale);
    // The only values that the host waits for; it asks when all work of the step is under way.
    at::Tensor norm = NormOf(gradients);
    output.loss = FetchLoss(&batch, {&norm});
    output.gradient_norm = norm.item<double>();
    groups = std::move(batch.groups);
  } else {
    MRSN_ASSIGN_OR_RETURN(Computed computed, InParts(std::move(input.samples), input.iteration));
    gradients = GradientsOf(model_);
    output.loss = computed.loss;
    output.clips = computed.clips;
    output.gradient_norm = NormOf(gradients).item<double>();
    groups = std::move(computed.groups);
  }
  output.applied = output.clips > 0 && std::isfinite(output.loss) && std::isfinite(output.gradient_norm);
  if (scaler_ && output.clips > 0 && std::isfinite(output.loss)) {
    output.overflowed = !output.applied && scaler_->can_shrink();
    scaler_->Update(output.applied);
  }
  // Also of a step that is left out: the ranks stay alike.
  if (group_.size() > 1 && !config_.sync_batch_norm() && output.clips > 0) {
    MRSN_RETURN_IF_ERROR(AverageNormStatistics());
  }
  if (!output.applied) return output;
  if (memory_) MRSN_RETURN_IF_ERROR(Remember(groups, output.loss));
  const double limit = config_.gradient_clip_norm();
  if (limit > 0 && output.gradient_norm > limit) {
    for (at::Tensor& gradient : gradients) gradient.mul_(limit / output.gradient_norm);
  }
  optimizer_.step();
  if (average_) average_->Update();
  return output;
}

}  // namespace mrsn::experiments

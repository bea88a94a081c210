#include "experiments/engine/trainer.h"

#include <ATen/ATen.h>
#include <torch/optim/sgd.h>

#include <cmath>
#include <cstdio>
#include <deque>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "datasets/loader.h"
#include "experiments/engine/batch_loss.h"
#include "experiments/engine/learning_rate.h"
#include "experiments/engine/memory_pool.h"
#include "experiments/engine/training_snapshot.h"
#include "experiments/engine/unreadable_clips.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"
#include "ops/base/progress.h"
#include "ops/base/random.h"
#include "ops/base/status_macros.h"
#include "ops/memory/cpu_block_cache.h"
#include "ops/sgd/sgd.h"

namespace mrsn::experiments {
namespace {

constexpr int kLossWindow = 20;

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

// The log of the iterations that the checkpoint has; later lines will be written again.
std::string LogUpTo(const std::string& path, int64_t lines) {
  const auto log = ReadFile(path);
  if (!log.ok()) return "";
  std::string kept;
  int64_t count = 0;
  for (absl::string_view line : absl::StrSplit(*log, '\n')) {
    if (line.empty() || count++ == lines) break;
    absl::StrAppend(&kept, line, "\n");
  }
  return kept;
}

class Trainer {
 public:
  Trainer(const TrainOptions& options, const TrainConfig& config, const datasets::Dataset& dataset,
          const BankWindows& bank, Detector& model)
      : options_(options),
        config_(config),
        dataset_(dataset),
        bank_(bank),
        model_(model),
        per_epoch_(dataset.size() / config.batch_size()),
        total_(std::llround(config.epochs() * per_epoch_)),
        schedule_(ScheduleOf(config, per_epoch_)),
        optimizer_(model.parameters(), torch::optim::SGDOptions(config.learning_rate())
                                           .momentum(config.momentum())
                                           .nesterov(config.nesterov())
                                           .weight_decay(config.weight_decay())) {
    if (model.keeps_memory()) memory_.emplace(dataset, model.bank_width(), model.bank_radius());
  }

  absl::StatusOr<TrainReport> Run() {
    if (per_epoch_ == 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: train.batch_size is %d, but the training set has only %d clips",
                          options_.title, config_.batch_size(), dataset_.size()));
    }
    MRSN_RETURN_IF_ERROR(Resume());
    datasets::LoaderOptions loading;
    loading.batch_size = config_.batch_size();
    loading.seed = options_.about.seed();
    loading.shuffle = true;
    loading.drop_last = true;
    loading.first_batch = iteration_;
    loading.workers = options_.workers;
    loading.unreadable = UnreadableOf(config_);
    loading.on_skip = [this](const datasets::SkippedClip& clip) { Skip(clip); };
    datasets::Loader loader(dataset_, loading);
    ProgressBar bar(options_.title, total_, "clips", iteration_);
    const double earlier = seconds_;
    const absl::Time start = absl::Now();
    int64_t clips = 0;
    while (iteration_ < total_) {
      MRSN_ASSIGN_OR_RETURN(std::vector<datasets::Sample> samples, loader.Next());
      clips += samples.size();
      double loss = RecentLoss();  // of a batch none of whose clips could be read
      if (samples.empty()) {
        ++iteration_;
      } else {
        MRSN_ASSIGN_OR_RETURN(loss, Step(std::move(samples)));
      }
      seconds_ = earlier + absl::ToDoubleSeconds(absl::Now() - start);
      Log(loss, clips / absl::ToDoubleSeconds(absl::Now() - start));
      bar.Update(
          iteration_, clips,
          absl::StrFormat("loss %.4f, lr %.4g", RecentLoss(), LearningRateAt(schedule_, iteration_ - 1)));
      if (iteration_ % config_.checkpoint_every_iterations() == 0 || iteration_ == total_) {
        MRSN_RETURN_IF_ERROR(WriteCheckpoint());
      }
    }
    bar.Finish();
    return TrainReport{total_, RecentLoss(), seconds_, skipped_, About()};
  }

 private:
  absl::Status Resume() {
    if (!FileExists(options_.checkpoint_path)) return absl::OkStatus();
    MRSN_ASSIGN_OR_RETURN(Safetensors snapshot, ReadSafetensors(options_.checkpoint_path));
    if (memory_) MRSN_RETURN_IF_ERROR(memory_->Restore(options_.checkpoint_path, &snapshot.tensors));
    MRSN_ASSIGN_OR_RETURN(
        const Checkpoint stored,
        RestoreSnapshot(snapshot, options_.checkpoint_path, options_.about.identity(), model_, optimizer_));
    iteration_ = stored.iteration();
    seconds_ = stored.seconds();
    skipped_ = stored.skipped_clips();
    log_ = LogUpTo(options_.log_path, iteration_);
    return absl::OkStatus();
  }

  // One iteration on `samples`; the loss.
  absl::StatusOr<double> Step(std::vector<datasets::Sample> samples) {
    const double rate = LearningRateAt(schedule_, iteration_);
    static_cast<torch::optim::SGDOptions&>(optimizer_.param_groups()[0].options()).lr(rate);
    at::manual_seed(SeedOfIteration(options_.about.seed(), iteration_));
    model_.train();
    SetBatchNorm(config_.batch_norm(), model_);
    const Keyframe first = samples[0].keyframe;
    MRSN_ASSIGN_OR_RETURN(const BatchLoss batch,
                          LossOfBatch(std::move(samples), dataset_.classes().size(), bank_,
                                      memory_ ? &*memory_ : nullptr, ClassLossOf(config_.loss()), model_));
    const double value = batch.loss.item<double>();
    if (!std::isfinite(value)) {
      return absl::InternalError(absl::StrFormat(
          "%s: the loss is %f at iteration %d (learning rate %g, first clip %s second %d); lower "
          "train.learning_rate or set train.gradient_clip_norm. The last checkpoint is %s",
          options_.title, value, iteration_, rate, first.video, first.timestamp, options_.checkpoint_path));
    }
    if (memory_) {
      for (const BatchLoss::Group& group : batch.groups) {
        MRSN_RETURN_IF_ERROR(memory_->Write(group.keyframes, group.clip_index, group.memory, value));
      }
    }
    optimizer_.zero_grad();
    batch.loss.backward();
    if (config_.gradient_clip_norm() > 0) ClipGradients(config_.gradient_clip_norm());
    optimizer_.step();
    ++iteration_;
    recent_.push_back(value);
    if (recent_.size() > kLossWindow) recent_.pop_front();
    return value;
  }

  void ClipGradients(double limit) {
    std::vector<at::Tensor> norms, gradients;
    for (const at::Tensor& parameter : model_.parameters()) {
      if (!parameter.grad().defined()) continue;
      gradients.push_back(parameter.grad());
      norms.push_back(parameter.grad().norm());
    }
    const double norm = at::stack(norms).norm().item<double>();
    if (norm <= limit) return;
    for (at::Tensor& gradient : gradients) gradient.mul_(limit / norm);
  }

  absl::Status WriteCheckpoint() {
    // The log first: a checkpoint never stands beside a log that lacks its lines.
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(options_.log_path, log_));
    Safetensors snapshot = TakeSnapshot(model_, optimizer_, About());
    if (memory_) snapshot.tensors.merge(memory_->State());
    return WriteSafetensors(options_.checkpoint_path, snapshot);
  }

  Checkpoint About() const {
    Checkpoint about = options_.about;
    about.set_iteration(iteration_);
    about.set_epoch(static_cast<double>(iteration_) / per_epoch_);
    about.set_seconds(seconds_);
    if (skipped_ > 0) about.set_skipped_clips(skipped_);
    return about;
  }

  void Skip(const datasets::SkippedClip& clip) {
    ++skipped_;
    const std::string text = absl::StrFormat("%s second %d: %s", clip.keyframe.video, clip.keyframe.timestamp,
                                             clip.reason.message());
    std::fprintf(stderr, "\n%s: left out, cannot be read: %s\n", options_.title.c_str(), text.c_str());
    skipped_now_.push_back(text);
  }

  void Log(double loss, double clips_per_second) {
    const std::string skipped =
        nlohmann::json(skipped_now_).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    absl::StrAppendFormat(
        &log_,
        R"({"iteration": %d, "epoch": %.4f, "loss": %.6g, "learning_rate": %.6g, "clips_per_second": %.1f%s})"
        "\n",
        iteration_, static_cast<double>(iteration_) / per_epoch_, loss,
        LearningRateAt(schedule_, iteration_ - 1), clips_per_second,
        skipped_now_.empty() ? "" : absl::StrCat(R"(, "skipped": )", skipped));
    skipped_now_.clear();
  }

  double RecentLoss() const {
    return recent_.empty() ? 0 : std::accumulate(recent_.begin(), recent_.end(), 0.0) / recent_.size();
  }

  const TrainOptions& options_;
  const TrainConfig& config_;
  const datasets::Dataset& dataset_;
  const BankWindows& bank_;
  Detector& model_;
  const int64_t per_epoch_, total_;
  const LearningRateSchedule schedule_;
  ops::Sgd optimizer_;
  std::optional<MemoryPool> memory_;
  int64_t iteration_ = 0;                 // done
  double seconds_ = 0;                    // spent so far, over all sittings
  int64_t skipped_ = 0;                   // clips, over all sittings
  std::vector<std::string> skipped_now_;  // of this iteration
  std::deque<double> recent_;
  std::string log_;
};

}  // namespace

absl::StatusOr<TrainReport> Train(const TrainOptions& options, const TrainConfig& config,
                                  const datasets::Dataset& dataset, const BankWindows& bank,
                                  Detector& model) {
  return Trainer(options, config, dataset, bank, model).Run();
}

}  // namespace mrsn::experiments

#include "experiments/engine/trainer.h"

#include <cmath>
#include <cstdio>
#include <deque>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "datasets/loader.h"
#include "experiments/engine/averaged_weights.h"
#include "experiments/engine/checkpoint_keeper.h"
#include "experiments/engine/training_log.h"
#include "experiments/engine/training_snapshot.h"
#include "experiments/engine/training_step.h"
#include "experiments/engine/unreadable_clips.h"
#include "ops/base/process_memory.h"
#include "ops/base/progress.h"
#include "ops/base/status_macros.h"
#include "ops/base/stop_signal.h"
#include "ops/device/arithmetic.h"

namespace mrsn::experiments {
namespace {

constexpr int kLossWindow = 20;

std::string Name(const Keyframe& keyframe) {
  return absl::StrFormat("%s second %s", keyframe.video, keyframe.timestamp.Text());
}

std::vector<std::string> NamesOf(const std::vector<datasets::Sample>& samples) {
  std::vector<std::string> names;
  for (const datasets::Sample& sample : samples) names.push_back(Name(sample.keyframe));
  return names;
}

double SecondsSince(absl::Time start) { return absl::ToDoubleSeconds(absl::Now() - start); }

class Trainer {
 public:
  Trainer(const TrainOptions& options, const TrainConfig& config, const datasets::Dataset& dataset,
          const BankWindows& bank, Detector& model)
      : options_(options),
        config_(config),
        dataset_(dataset),
        model_(model),
        group_(*options.group),
        per_epoch_(dataset.size() / config.batch_size()),
        total_(std::llround(config.epochs() * per_epoch_)),
        step_(config, options.about.seed(), per_epoch_, dataset, bank, model, group_),
        checkpoints_(options.checkpoint_folder) {}

  absl::StatusOr<TrainReport> Run() {
    if (per_epoch_ == 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: train.batch_size is %d, but the training set has only %d clips",
                          options_.title, config_.batch_size(), dataset_.size()));
    }
    if (config_.batch_size() % group_.size() != 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: train.batch_size is %d, which %d processes cannot share equally",
                          options_.title, config_.batch_size(), group_.size()));
    }
    CatchStopSignals();
    const MathSettings settings(ArithmeticOf(config_));
    MRSN_RETURN_IF_ERROR(Resume());
    MRSN_RETURN_IF_ERROR(StartTogether());
    if (group_.first()) {
      MRSN_ASSIGN_OR_RETURN(log_, TrainingLog::Open(options_.log_path, iteration_, LastValidation()));
    }
    datasets::Loader loader(dataset_, Loading());
    ProgressBar bar(options_.title, total_, "clips", iteration_);
    const double earlier = seconds_;
    const absl::Time start = absl::Now();
    // The training may have been stopped in front of it.
    if (ValidationIsDue()) MRSN_RETURN_IF_ERROR(Validate());
    while (iteration_ < total_) {
      LoggedStep line;
      const absl::Time asked = absl::Now();
      MRSN_ASSIGN_OR_RETURN(std::vector<datasets::Sample> samples, loader.Next());
      line.data_wait_seconds = SecondsSince(asked);
      MRSN_RETURN_IF_ERROR(Step(std::move(samples), &line));
      seconds_ = earlier + SecondsSince(start);
      line.clips_per_second = clips_ / SecondsSince(start);
      if (group_.first()) {
        MRSN_RETURN_IF_ERROR(log_->Append(line));
        bar.Update(iteration_, clips_,
                   absl::StrFormat("loss %.4f, lr %.4g", RecentLoss(), line.learning_rate));
      }
      MRSN_ASSIGN_OR_RETURN(const bool stop, group_.Ask(StopSignal() != 0));
      const bool validate = ValidationIsDue();
      if (iteration_ % config_.checkpoint_every_iterations() == 0 || iteration_ == total_ || validate ||
          stop) {
        MRSN_RETURN_IF_ERROR(WriteCheckpoint());
      }
      if (stop) return StoppedHere();
      if (validate) MRSN_RETURN_IF_ERROR(Validate());
    }
    if (group_.first()) bar.Finish();
    if (step_.average() != nullptr) step_.average()->Exchange();
    return TrainReport{total_, RecentLoss(), seconds_, skipped_, About()};
  }

 private:
  // Rank 0 looks first: it sets damaged checkpoints aside.
  absl::StatusOr<std::optional<CheckpointKeeper::Found>> FindCheckpoint() {
    std::optional<CheckpointKeeper::Found> found;
    absl::Status looked;
    for (const bool first : {true, false}) {
      if (first == group_.first()) {
        auto newest = checkpoints_.Newest();
        looked = newest.status();
        if (newest.ok()) found = *std::move(newest);
      }
      MRSN_RETURN_IF_ERROR(group_.Agree(looked));
    }
    return found;
  }

  absl::Status Resume() {
    MRSN_ASSIGN_OR_RETURN(const std::optional<CheckpointKeeper::Found> found, FindCheckpoint());
    if (!found.has_value()) return absl::OkStatus();
    MRSN_ASSIGN_OR_RETURN(stored_, RestoreSnapshot(found->snapshot, found->path, options_.about.identity(),
                                                   model_, step_.optimizer(), step_.average()));
    if (step_.scaler() != nullptr && stored_.has_loss_scale()) {
      step_.scaler()->set_state({stored_.loss_scale().scale(), stored_.loss_scale().finite_steps()});
    }
    for (const Safetensors& memory : found->memory) {
      if (step_.memory() != nullptr) {
        MRSN_RETURN_IF_ERROR(step_.memory()->Apply(found->path, memory.tensors));
      }
    }
    iteration_ = stored_.iteration();
    seconds_ = stored_.seconds();
    skipped_ = stored_.skipped_clips();
    not_finite_ = stored_.nan_batches();
    return absl::OkStatus();
  }

  // All ranks begin with the same weights at the same iteration.
  absl::Status StartTogether() {
    if (group_.size() == 1) return absl::OkStatus();
    MRSN_ASSIGN_OR_RETURN(const int64_t iteration, group_.Ask(iteration_));
    MRSN_RETURN_IF_ERROR(group_.Agree(
        iteration == iteration_
            ? absl::OkStatus()
            : absl::FailedPreconditionError(absl::StrFormat(
                  "%s: the checkpoint in %s is of iteration %d, and that of rank 0 is of iteration %d; all "
                  "processes need the same folder",
                  options_.title, options_.checkpoint_folder, iteration_, iteration))));
    std::vector<at::Tensor> state = model_.parameters();
    for (const at::Tensor& buffer : model_.buffers()) state.push_back(buffer);
    if (step_.average() != nullptr) {
      for (const AveragedWeights::Average& average : step_.average()->averages())
        state.push_back(average.value);
    }
    return group_.Broadcast(state);
  }

  datasets::LoaderOptions Loading() {
    datasets::LoaderOptions loading;
    loading.batch_size = config_.batch_size();
    loading.seed = options_.about.seed();
    loading.shuffle = true;
    loading.drop_last = true;
    loading.first_batch = iteration_;
    loading.workers = options_.workers;
    loading.rank = group_.rank();
    loading.world_size = group_.size();
    loading.unreadable = UnreadableOf(config_);
    loading.on_skip = [this](const datasets::SkippedClip& clip) { Skip(clip); };
    return loading;
  }

  // One iteration; none of the clips of its batch may have been readable. Writes down what it was.
  absl::Status Step(std::vector<datasets::Sample> samples, LoggedStep* line) {
    line->learning_rate = step_.LearningRate(iteration_);
    line->loss = RecentLoss();
    if (step_.scaler() != nullptr) line->loss_scale = step_.scaler()->scale();
    std::vector<std::string> names = NamesOf(samples);
    StepOutput output;
    if (!samples.empty() || group_.size() > 1) {
      MRSN_ASSIGN_OR_RETURN(output, step_.Run({std::move(samples), iteration_}));
    }
    if (output.clips > 0) {
      if (!output.applied) {
        MRSN_ASSIGN_OR_RETURN(names, OfAllRanks(names));
        if (!output.overflowed) MRSN_RETURN_IF_ERROR(NotFinite(output, line->learning_rate, names));
      }
      clips_ += output.clips;
      line->loss = output.loss;
      line->gradient_norm = output.gradient_norm;
      if (output.applied) {
        recent_.push_back(output.loss);
        if (recent_.size() > kLossWindow) recent_.pop_front();
      } else {
        line->not_applied = names;
      }
    }
    MRSN_RETURN_IF_ERROR(CollectSkipped());
    ++iteration_;
    line->iteration = iteration_;
    line->epoch = Epoch();
    line->peak_memory_bytes = PeakMemoryBytes();
    line->skipped = std::move(skipped_now_);
    skipped_now_.clear();
    return absl::OkStatus();
  }

  // The batch is left out, or the training ends.
  absl::Status NotFinite(const StepOutput& output, double rate, const std::vector<std::string>& clips) {
    const bool loss = !std::isfinite(output.loss);
    const std::string found =
        absl::StrFormat("%s: the %s is %f at iteration %d (learning rate %g, clips %s)", options_.title,
                        loss ? "loss" : "norm of the gradients", loss ? output.loss : output.gradient_norm,
                        iteration_, rate, absl::StrJoin(clips, ", "));
    if (++not_finite_ <= config_.skip_nan_batches()) {
      if (group_.first()) std::fprintf(stderr, "\nwarning: %s; the batch is left out\n", found.c_str());
      return absl::OkStatus();
    }
    return absl::InternalError(
        absl::StrFormat("%s; lower train.learning_rate or set train.gradient_clip_norm; "
                        "train.skip_nan_batches: %d leaves out so "
                        "many such batches. The last checkpoint is %s",
                        found, not_finite_, checkpoints_.newest_path()));
  }

  absl::Status StoppedHere() const {
    return Stopped(absl::StrFormat("%s: %d of %d iterations are in %s; the same command goes on from there",
                                   options_.title, iteration_, total_, checkpoints_.newest_path()));
  }

  // Whether a validation belongs behind the steps that are done. Epochs may be fractions: the first step at
  // or behind each multiple counts.
  bool ValidationIsDue() const {
    const double every = config_.evaluate_every_epochs();
    if (every <= 0 || options_.validate == nullptr || iteration_ == 0) return false;
    const int validated = stored_.validation_size();
    if (validated > 0 && stored_.validation(validated - 1).iteration() == iteration_) return false;
    const auto passed = [&](int64_t iteration) { return std::floor(iteration / (every * per_epoch_)); };
    return passed(iteration_) > passed(iteration_ - 1) || iteration_ == total_;
  }

  // The score of the weights as they are, or of their average, goes into the log and a checkpoint; the best
  // weights are kept.
  absl::Status Validate() {
    MRSN_RETURN_IF_ERROR(Score());
    return WriteCheckpoint();
  }

  absl::Status Score() {
    const WithAverage averaged(step_.average());
    const absl::StatusOr<double> validated = options_.validate();
    const absl::Status agreed = group_.Agree(validated.status());
    if (!agreed.ok()) return absl::IsCancelled(agreed) ? StoppedHere() : agreed;
    const double score = *validated;  // of rank 0; the others only note that there was a validation
    bool best = true;
    for (const Checkpoint::Validation& earlier : stored_.validation()) {
      best = best && score > earlier.frame_map();
    }
    Checkpoint::Validation& now = *stored_.add_validation();
    now.set_iteration(iteration_);
    now.set_epoch(Epoch());
    now.set_frame_map(score);
    if (!group_.first()) return absl::OkStatus();
    std::fprintf(stderr, "\n%s: frame-mAP %.4f after epoch %.2f%s\n", options_.title.c_str(), score, Epoch(),
                 best ? ", the best so far" : "");
    if (best) MRSN_RETURN_IF_ERROR(checkpoints_.WriteBest(Weights(model_, About())));
    return log_->AppendValidation(iteration_, Epoch(), score);
  }

  absl::Status WriteCheckpoint() {
    if (!group_.first()) return absl::OkStatus();
    // The log first: a checkpoint never stands beside a log that lacks its lines.
    MRSN_RETURN_IF_ERROR(log_->Sync());
    Checkpoint about = About();
    if (step_.scaler() != nullptr) {
      about.mutable_loss_scale()->set_scale(step_.scaler()->state().scale);
      about.mutable_loss_scale()->set_finite_steps(step_.scaler()->state().finite_steps);
    }
    Safetensors snapshot = TakeSnapshot(model_, step_.optimizer(), std::move(about), step_.average());
    std::optional<CheckpointKeeper::Memory> memory;
    if (step_.memory() != nullptr) {
      MemoryPool::Changes changes = step_.memory()->TakeChanges();
      memory.emplace(CheckpointKeeper::Memory{std::move(changes.tensors), changes.whole});
    }
    return checkpoints_.Write(iteration_, std::move(snapshot), std::move(memory));
  }

  int64_t LastValidation() const {
    const int count = stored_.validation_size();
    return count == 0 ? 0 : stored_.validation(count - 1).iteration();
  }

  double Epoch() const { return static_cast<double>(iteration_) / per_epoch_; }

  Checkpoint About() const {
    Checkpoint about = options_.about;
    about.set_iteration(iteration_);
    about.set_epoch(Epoch());
    about.set_seconds(seconds_);
    about.set_processes(group_.size());
    if (skipped_ > 0) about.set_skipped_clips(skipped_);
    if (not_finite_ > 0) about.set_nan_batches(not_finite_);
    *about.mutable_validation() = stored_.validation();
    return about;
  }

  // The texts of every rank, without ends of lines, in the order of the ranks. Every rank calls it.
  absl::StatusOr<std::vector<std::string>> OfAllRanks(const std::vector<std::string>& own) {
    if (group_.size() == 1) return own;
    MRSN_ASSIGN_OR_RETURN(const std::vector<std::string> all, group_.Gather(absl::StrJoin(own, "\n")));
    std::vector<std::string> texts;
    for (const std::string& of_rank : all) {
      for (const absl::string_view text : absl::StrSplit(of_rank, '\n', absl::SkipEmpty())) {
        texts.emplace_back(text);
      }
    }
    return texts;
  }

  // Every rank calls it.
  absl::Status CollectSkipped() {
    if (config_.unreadable_clips() == TrainConfig::SKIP_AND_COUNT) {
      MRSN_ASSIGN_OR_RETURN(skipped_now_, OfAllRanks(skipped_now_));
    }
    skipped_ += static_cast<int64_t>(skipped_now_.size());
    return absl::OkStatus();
  }

  void Skip(const datasets::SkippedClip& clip) {
    const std::string text = absl::StrFormat("%s: %s", Name(clip.keyframe), clip.reason.message());
    std::fprintf(stderr, "\n%s: left out, cannot be read: %s\n", options_.title.c_str(), text.c_str());
    skipped_now_.push_back(absl::StrReplaceAll(text, {{"\n", " "}}));
  }

  double RecentLoss() const {
    return recent_.empty() ? 0 : std::accumulate(recent_.begin(), recent_.end(), 0.0) / recent_.size();
  }

  const TrainOptions& options_;
  const TrainConfig& config_;
  const datasets::Dataset& dataset_;
  Detector& model_;
  ProcessGroup& group_;
  const int64_t per_epoch_, total_;
  TrainingStep step_;
  CheckpointKeeper checkpoints_;
  std::unique_ptr<TrainingLog> log_;
  int64_t iteration_ = 0;                 // done
  double seconds_ = 0;                    // spent so far, over all sittings
  int64_t clips_ = 0;                     // of all ranks in this sitting
  int64_t skipped_ = 0;                   // clips, over all sittings
  int64_t not_finite_ = 0;                // batches, over all sittings
  Checkpoint stored_;                     // as it was read; its validations grow
  std::vector<std::string> skipped_now_;  // of this iteration
  std::deque<double> recent_;
};

}  // namespace

absl::StatusOr<TrainReport> Train(const TrainOptions& options, const TrainConfig& config,
                                  const datasets::Dataset& dataset, const BankWindows& bank,
                                  Detector& model) {
  return Trainer(options, config, dataset, bank, model).Run();
}

}  // namespace mrsn::experiments

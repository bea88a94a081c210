#include "experiments/run/run_trainer.h"

#include <c10/util/Exception.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/config/text_proto.h"
#include "experiments/engine/bank_filling.h"
#include "experiments/engine/detector_input.h"
#include "experiments/engine/evaluation.h"
#include "experiments/engine/every_nth.h"
#include "experiments/engine/trainer.h"
#include "experiments/engine/training_snapshot.h"
#include "experiments/engine/unreadable_clips.h"
#include "experiments/engine/windows_ahead.h"
#include "experiments/provenance.h"
#include "experiments/run/bank_data.h"
#include "experiments/run/frozen_backbone.h"
#include "experiments/run/model_evaluation.h"
#include "experiments/run/run_lock.h"
#include "experiments/run/shipped_weights.h"
#include "experiments/score_text.h"
#include "mrsn/checkpoint/checkpoint_metadata.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr char kBackbone[] = "backbone.";
constexpr size_t kIdentityDigits = 12;  // in names of folders

// The weights of a run that was finished before, into its model.
absl::StatusOr<TrainedModel> LoadTrained(const std::string& identity, TrainedModel trained, Detector& model) {
  MRSN_ASSIGN_OR_RETURN(const Safetensors weights, ReadSafetensors(trained.weights_path));
  MRSN_ASSIGN_OR_RETURN(const Checkpoint about,
                        ReadCheckpointMetadata(weights.metadata, trained.weights_path));
  if (about.identity() != identity) {
    return absl::FailedPreconditionError(absl::StrFormat("%s: holds the weights of run %s, expected %s",
                                                         trained.weights_path, about.identity(), identity));
  }
  if (!about.has_seconds() || !about.has_iteration()) {
    return absl::DataLossError(
        absl::StrCat(trained.weights_path, ": its metadata lacks iteration or seconds"));
  }
  MRSN_RETURN_IF_ERROR(LoadWeights(weights, trained.weights_path, "", model));
  trained.weights_hash = WeightsHash(model);
  MRSN_RETURN_IF_ERROR(CheckWeightsHash(about, trained.weights_hash, trained.weights_path));
  trained.about = about;
  return trained;
}

TrainOptions TrainOptionsOf(const OpenedRun& run, const std::string& identity, const std::string& folder,
                            int workers) {
  const ResolvedExperiment& resolved = *run.node->resolved;
  TrainOptions options;
  options.title = absl::StrCat("train ", resolved.name, " seed ", run.node->seed);
  options.about.set_experiment(resolved.name);
  options.about.set_config_fingerprint(resolved.fingerprint);
  options.about.set_data_fingerprint(run.train_data->Fingerprint());
  options.about.set_identity(identity);
  options.about.set_commit(SourceCommit());
  options.about.set_seed(run.node->seed);
  options.checkpoint_folder = folder + "/checkpoints";
  options.log_path = folder + "/train.jsonl";
  options.workers = workers;
  return options;
}

// The best weights of the validations stay.
void RemoveCheckpoints(const std::string& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.path().filename() != "best.safetensors") std::filesystem::remove(entry.path(), ignored);
  }
  std::filesystem::remove(folder, ignored);  // if it is empty
}

}  // namespace

absl::StatusOr<TrainedModel> RunTrainer::Trained(OpenedRun& run) {
  const auto known = trained_.find(&run);
  if (known != trained_.end()) return known->second;
  MRSN_ASSIGN_OR_RETURN(TrainedModel trained, TrainOrLoad(run));
  return trained_[&run] = std::move(trained);
}

absl::StatusOr<std::unique_ptr<RelationBank>> RunTrainer::Bank(OpenedRun& writer,
                                                               const datasets::Dataset& dataset,
                                                               const DatasetConfig& data,
                                                               const datasets::Unreadable& unreadable) {
  MRSN_ASSIGN_OR_RETURN(const TrainedModel trained, Trained(writer));
  MRSN_ASSIGN_OR_RETURN(const auto maps, MapsInPlaceOfClips(writer, dataset, data, settings_));
  const datasets::Dataset* seen = maps != nullptr ? maps.get() : &dataset;
  return WriteOrOpenBank({&writer, trained.weights_hash, seen, data, unreadable, trained.folder}, settings_);
}

absl::StatusOr<RunTrainer::Start> RunTrainer::Prepare(OpenedRun& run) {
  Start start;
  std::string inputs;
  if (run.initial != nullptr) {
    // Only the backbone: Kinetics weights, too, are the same for every row and seed.
    if (const ShippedWeights* shipped = run.initial->shipped.get(); shipped != nullptr) {
      MRSN_RETURN_IF_ERROR(LoadWeights(shipped->weights, shipped->path, kBackbone, *run.model));
      absl::StrAppend(&inputs, "initialise_from ", shipped->hash, "\n");
    } else {
      MRSN_ASSIGN_OR_RETURN(const TrainedModel initial, Trained(*run.initial));
      MRSN_ASSIGN_OR_RETURN(const Safetensors weights, ReadSafetensors(initial.weights_path));
      MRSN_RETURN_IF_ERROR(LoadWeights(weights, initial.weights_path, kBackbone, *run.model));
      absl::StrAppend(&inputs, "initialise_from ", initial.weights_hash, "\n");
    }
  }
  if (!run.pretrained_sha256.empty()) {
    absl::StrAppend(&inputs, "pretrained_backbone ", run.pretrained_sha256, "\n");
  }
  const ModelNeeds needs = run.model->needs();
  if (needs.bank.has_value() && !needs.bank->own_memory) {
    TORCH_CHECK(run.bank_writer != nullptr, "ValidateExperiment lets no experiment through without it");
    MRSN_ASSIGN_OR_RETURN(start.bank, Bank(*run.bank_writer, *run.bank_boxes,
                                           BankBoxesConfig(run.node->resolved->experiment.train_data()),
                                           UnreadableOf(run.node->resolved->experiment.train())));
    absl::StrAppend(&inputs, "relation_bank ", start.bank->identity().checkpoint, " ",
                    start.bank->identity().boxes, "\n");
  }
  start.identity = Fingerprint(absl::StrCat(run.node->resolved->exact_fingerprint, "\nseed ", run.node->seed,
                                            "\ndata ", run.train_data->Fingerprint(), "\n", inputs));
  return start;
}

absl::StatusOr<TrainedModel> RunTrainer::TrainOrLoad(OpenedRun& run) {
  MRSN_ASSIGN_OR_RETURN(const Start start, Prepare(run));
  TrainedModel trained;
  trained.folder = absl::StrFormat("%s/runs/%s/seed%d-%s", settings_.output_root, run.node->label,
                                   run.node->seed, start.identity.substr(0, kIdentityDigits));
  trained.weights_path = trained.folder + "/weights.safetensors";
  MRSN_ASSIGN_OR_RETURN(bool finished, group_.Ask(FileExists(trained.weights_path)));
  if (finished) return LoadTrained(start.identity, std::move(trained), *run.model);
  MRSN_ASSIGN_OR_RETURN(const auto lock, LockFolder(trained.folder, absl::StrCat("train ", run.node->label),
                                                    group_, settings_.wait));
  // The job that had the lock may have trained the model.
  MRSN_ASSIGN_OR_RETURN(finished, group_.Ask(FileExists(trained.weights_path)));
  if (finished) return LoadTrained(start.identity, std::move(trained), *run.model);
  const ResolvedExperiment& resolved = *run.node->resolved;
  MRSN_RETURN_IF_ERROR(group_.Agree(
      group_.first() ? WriteFileAtomically(trained.folder + "/experiment.textproto", resolved.text)
                     : absl::OkStatus()));
  MRSN_ASSIGN_OR_RETURN(
      const auto maps, MapsInPlaceOfClips(run, *run.train_data, resolved.experiment.train_data(), settings_));
  const datasets::Dataset& seen = maps != nullptr ? *maps : *run.train_data;
  BankWindows windows;
  std::optional<WindowsAhead> with_windows;
  if (start.bank != nullptr) {
    const auto radius = static_cast<int>(run.model->needs().bank->radius);
    with_windows.emplace(seen, *start.bank, radius);
    windows = {start.bank.get(), radius, /*own_second=*/true, &*with_windows};
  }
  const datasets::Dataset& train_data = with_windows.has_value() ? *with_windows : seen;
  TrainOptions options = TrainOptionsOf(run, start.identity, trained.folder, settings_.workers);
  options.group = &group_;
  // A run that only others need is not evaluated.
  if (run.eval_data != nullptr) options.validate = [&] { return Validate(run, trained.folder); };
  MRSN_ASSIGN_OR_RETURN(const TrainReport report,
                        Train(options, resolved.experiment.train(), train_data, windows, *run.model));
  run.model->zero_grad();  // frees the gradients: the model may wait long for its next use
  trained.weights_hash = WeightsHash(*run.model);
  trained.about = report.about;
  MRSN_RETURN_IF_ERROR(
      group_.Agree(group_.first() ? WriteSafetensors(trained.weights_path, Weights(*run.model, report.about))
                                  : absl::OkStatus()));
  if (!group_.first()) return trained;
  // The weights say it all now; what only resuming needed goes.
  RemoveCheckpoints(options.checkpoint_folder);
  return trained;
}

absl::StatusOr<double> RunTrainer::Validate(OpenedRun& run, const std::string& folder) {
  const Experiment& experiment = run.node->resolved->experiment;
  const TrainConfig& train = experiment.train();
  const ModelNeeds needs = run.model->needs();
  std::unique_ptr<RelationBank> bank;
  const std::string memory = folder + "/validation-memory";
  std::error_code ignored;
  if (needs.bank.has_value() && needs.bank->own_memory) {
    // The last validation may have been stopped behind its writing.
    if (group_.first()) std::filesystem::remove_all(memory, ignored);
    MRSN_RETURN_IF_ERROR(group_.Agree(absl::OkStatus()));
    BankFillingOptions filling;
    filling.identity = {WeightsHash(*run.model), BankData(*run.eval_bank_boxes, experiment.eval_data()),
                        run.node->resolved->exact_fingerprint};
    filling.title = "write memory for the validation";
    filling.workers = settings_.workers;
    filling.loss = train.loss();
    filling.arithmetic = ArithmeticOf(train);
    filling.unreadable = UnreadableOf(train);
    filling.group = &group_;
    MRSN_RETURN_IF_ERROR(FillBank(filling, memory, *run.eval_bank_boxes, *run.model));
    MRSN_ASSIGN_OR_RETURN(bank, RelationBank::Open(memory, filling.identity));
  } else if (needs.bank.has_value()) {
    MRSN_ASSIGN_OR_RETURN(
        bank, Bank(*run.bank_writer, *run.eval_bank_boxes, experiment.eval_data(), UnreadableOf(train)));
  }
  BankWindows windows;
  if (bank != nullptr) {
    windows = {bank.get(), static_cast<int>(needs.bank->radius), /*own_second=*/!needs.bank->own_memory};
  }
  EvaluationOptions evaluation;
  evaluation.title = absl::StrCat("validate ", run.node->resolved->name, " seed ", run.node->seed);
  evaluation.loss = train.loss();
  evaluation.arithmetic = ArithmeticOf(train);
  evaluation.config = experiment.eval();
  evaluation.workers = settings_.workers;
  evaluation.unreadable = UnreadableOf(train);
  evaluation.group = &group_;
  MRSN_ASSIGN_OR_RETURN(const auto maps,
                        MapsInPlaceOfClips(run, *run.eval_data, experiment.eval_data(), settings_));
  const EveryNth data(maps != nullptr ? *maps : *run.eval_data,
                      train.has_evaluate_every_nth_keyframe() ? train.evaluate_every_nth_keyframe() : 1);
  MRSN_ASSIGN_OR_RETURN(const Result result, Evaluate(evaluation, data, windows, *run.model));
  bank.reset();
  if (!group_.first()) return 0.0;
  std::filesystem::remove_all(memory, ignored);
  if (const std::string extreme = ExtremeText(result); !extreme.empty()) {
    std::fprintf(stderr, "\n%s: %s\n", evaluation.title.c_str(), extreme.c_str());
  }
  if (result.has_frame_map()) return result.frame_map();
  return absl::InvalidArgumentError(absl::StrCat(
      run.node->label, ": no class has ground truth on the key frames of train.evaluate_every_nth_keyframe"));
}

}  // namespace mrsn::experiments

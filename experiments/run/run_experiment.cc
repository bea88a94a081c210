#include "experiments/run/run_experiment.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/config/text_proto.h"
#include "experiments/counts/complexity.h"
#include "experiments/engine/evaluation.h"
#include "experiments/engine/unreadable_clips.h"
#include "experiments/engine/windows_ahead.h"
#include "experiments/provenance.h"
#include "experiments/run/data_check.h"
#include "experiments/run/open_in_turn.h"
#include "experiments/run/opened_run.h"
#include "experiments/run/run_lock.h"
#include "experiments/run/run_trainer.h"
#include "ops/base/file.h"
#include "ops/base/process_memory.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// A bank and how the model reads it in evaluation; the bank is null for short-term heads.
struct EvaluationBank {
  std::unique_ptr<RelationBank> bank;
  std::unique_ptr<WindowsAhead> data;  // run.eval_data with the windows; null: the bank is null
  BankWindows windows;
};

absl::StatusOr<EvaluationBank> BankFor(OpenedRun& run, RunTrainer& trainer) {
  EvaluationBank opened;
  const ModelNeeds needs = run.model->needs();
  if (!needs.bank.has_value()) return opened;
  OpenedRun& writer = needs.bank->own_memory ? run : *run.bank_writer;
  MRSN_ASSIGN_OR_RETURN(opened.bank,
                        trainer.Bank(writer, *run.eval_bank_boxes, run.node->resolved->experiment.eval_data(),
                                     UnreadableOf(run.node->resolved->experiment.train())));
  const auto radius = static_cast<int>(needs.bank->radius);
  opened.data = std::make_unique<WindowsAhead>(*run.eval_data, *opened.bank, radius);
  opened.windows = {opened.bank.get(), radius, /*own_second=*/!needs.bank->own_memory, opened.data.get()};
  return opened;
}

// The result of an earlier evaluation of the same weights on the same data.
bool ReadFinished(const std::string& path, const OpenedRun& run, const TrainedModel& trained,
                  Result* result) {
  return FileExists(path) && ReadTextProto(path, result).ok() &&
         result->weights_hash() == trained.weights_hash &&
         result->data_fingerprint() == run.eval_data->Fingerprint() &&
         result->config_fingerprint() == run.node->resolved->fingerprint;
}

// The first clip that can be read.
absl::StatusOr<datasets::Sample> FirstClip(const datasets::Dataset& dataset, const TrainConfig& train) {
  auto clip = dataset.Load(0, 0);
  if (UnreadableOf(train).policy == datasets::UnreadablePolicy::kFail) return clip;
  for (int64_t i = 1; !clip.ok() && i < dataset.size(); ++i) clip = dataset.Load(i, 0);
  return clip;
}

absl::StatusOr<Result> EvaluateRun(OpenedRun& run, const TrainedModel& trained, RunTrainer& trainer) {
  const Experiment& experiment = run.node->resolved->experiment;
  MRSN_ASSIGN_OR_RETURN(const EvaluationBank bank, BankFor(run, trainer));
  MRSN_ASSIGN_OR_RETURN(const datasets::Sample first, FirstClip(*run.eval_data, experiment.train()));
  EvaluationOptions evaluation;
  evaluation.title = absl::StrCat("evaluate ", run.node->resolved->name, " seed ", run.node->seed);
  evaluation.loss = experiment.train().loss();
  evaluation.config = experiment.eval();
  evaluation.workers = trainer.workers();
  evaluation.unreadable = UnreadableOf(experiment.train());
  evaluation.detections_path = trained.folder + "/detections.csv";
  evaluation.identity = absl::StrCat(trained.weights_hash, " ", run.eval_data->Fingerprint(), " ",
                                     run.node->resolved->fingerprint);
  evaluation.group = &trainer.group();
  const absl::Time start = absl::Now();
  const datasets::Dataset& data = bank.data != nullptr ? *bank.data : *run.eval_data;
  MRSN_ASSIGN_OR_RETURN(Result result, Evaluate(evaluation, data, bank.windows, *run.model));
  result.set_evaluate_seconds(absl::ToDoubleSeconds(absl::Now() - start));
  ComplexitySetting setting;
  setting.frames = first.slow.frames;
  setting.height = first.slow.height;
  setting.width = first.slow.width;
  MRSN_RETURN_IF_ERROR(AddComplexity(experiment, setting, &result));
  return result;
}

// The fields of the result that say what was measured, and where.
void Describe(const OpenedRun& run, const TrainedModel& trained, const std::string& device, Result* result) {
  result->set_experiment(run.node->label);
  result->set_seed(run.node->seed);
  result->set_config_fingerprint(run.node->resolved->fingerprint);
  result->set_data_fingerprint(run.eval_data->Fingerprint());
  result->set_weights_hash(trained.weights_hash);
  result->set_iterations(trained.iterations);
  if (trained.skipped_clips > 0) result->set_skipped_clips(trained.skipped_clips);
  if (trained.about.nan_batches() > 0) result->set_nan_batches(trained.about.nan_batches());
  for (const Checkpoint::Validation& validation : trained.about.validation()) {
    ValidationScore* score = result->add_validation();
    score->set_iteration(validation.iteration());
    score->set_epoch(validation.epoch());
    score->set_frame_map(validation.frame_map());
  }
  result->set_train_seconds(trained.train_seconds);
  result->set_commit(SourceCommit());
  result->set_device(DeviceName(device));
  result->set_date(Today());
  result->set_peak_memory_bytes(PeakMemoryBytes());
  result->set_official(!run.node->resolved->changed);
  result->set_train_data_fingerprint(run.train_data->Fingerprint());
  const std::string& pretraining = run.node->resolved->experiment.inputs().pretraining();
  if (!pretraining.empty()) result->set_pretraining(pretraining);
  if (!run.pretrained_sha256.empty()) result->set_pretrained_sha256(run.pretrained_sha256);
}

absl::StatusOr<FinishedRun> Run(const RunRequest& request, const RunSettings& settings) {
  RunTrainer trainer(settings);
  ProcessGroup& group = trainer.group();
  // Everything is opened before the first hour of training, not after it.
  MRSN_ASSIGN_OR_RETURN(const OpenedRuns opened,
                        OpenInTurn<OpenedRuns>(group, [&] { return Open(request, settings); }));
  if (group.first()) {
    const DataCheck data = CheckData(opened.asked->node->resolved->experiment, settings.data_root);
    std::fputs(data.text.c_str(), stderr);
  }
  MRSN_RETURN_IF_ERROR(group.Agree(opened.AllThere()));
  OpenedRun& run = *opened.asked;
  MRSN_ASSIGN_OR_RETURN(const TrainedModel trained, trainer.Trained(run));
  FinishedRun finished;
  finished.weights_path = trained.weights_path;
  finished.result_path = ResultPath(settings.output_root, run.node->label, run.node->seed);
  const auto finished_before = [&] {
    return group.Ask(ReadFinished(finished.result_path, run, trained, &finished.result));
  };
  MRSN_ASSIGN_OR_RETURN(bool evaluated, finished_before());
  if (evaluated) return finished;
  MRSN_ASSIGN_OR_RETURN(
      const auto lock,
      LockFolder(trained.folder, absl::StrCat("evaluate ", run.node->label), group, settings.wait));
  // The job that had the lock may have evaluated the model.
  MRSN_ASSIGN_OR_RETURN(evaluated, finished_before());
  if (evaluated) return finished;
  MRSN_ASSIGN_OR_RETURN(finished.result, EvaluateRun(run, trained, trainer));
  if (!group.first()) return finished;
  Describe(run, trained, settings.device, &finished.result);
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(
      finished.result_path,
      absl::StrCat("# proto-file: experiments/result.proto\n# proto-message: mrsn.Result\n",
                   PrintTextProto(finished.result))));
  return finished;
}

}  // namespace

absl::StatusOr<FinishedRun> RunExperiment(const RunRequest& request, const RunSettings& settings) {
  at::set_num_threads(settings.threads);
  // An exception of LibTorch (out of memory, a shape that the config's checks let through) ends
  // the run with one line instead of a crash; checkpoints stay.
  try {
    return Run(request, settings);
  } catch (const c10::Error& error) {
    return absl::InternalError(absl::StrCat(request.experiment, ": ", error.what_without_backtrace()));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat(request.experiment, ": ", error.what()));
  }
}

}  // namespace mrsn::experiments

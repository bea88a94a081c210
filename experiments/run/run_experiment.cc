#include "experiments/run/run_experiment.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/engine/unreadable_clips.h"
#include "experiments/run/data_check.h"
#include "experiments/run/frozen_backbone.h"
#include "experiments/run/model_evaluation.h"
#include "experiments/run/open_in_turn.h"
#include "experiments/run/opened_run.h"
#include "experiments/run/run_lock.h"
#include "experiments/run/run_trainer.h"
#include "mrsn/detector.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// The bank of the evaluated videos; null for short-term heads.
absl::StatusOr<std::unique_ptr<RelationBank>> BankFor(OpenedRun& run, RunTrainer& trainer) {
  const ModelNeeds needs = run.model->needs();
  if (!needs.bank.has_value()) return nullptr;
  const Experiment& experiment = run.node->resolved->experiment;
  return trainer.Bank(needs.bank->own_memory ? run : *run.bank_writer, *run.eval_bank_boxes,
                      experiment.eval_data(), UnreadableOf(experiment.train()));
}

// The origin of the initial backbone.
void DescribePretraining(const OpenedRun& run, Result* result) {
  const std::string& pretraining = run.node->resolved->experiment.inputs().pretraining();
  if (!pretraining.empty()) result->set_pretraining(pretraining);
  if (!run.pretrained_sha256.empty()) result->set_pretrained_sha256(run.pretrained_sha256);
}

// Evaluates the trained run and writes its result to `result_path`.
absl::StatusOr<Result> EvaluateRun(OpenedRun& run, const TrainedModel& trained, RunTrainer& trainer,
                                   const RunSettings& settings, const std::string& result_path) {
  MRSN_ASSIGN_OR_RETURN(const std::unique_ptr<RelationBank> bank, BankFor(run, trainer));
  MRSN_ASSIGN_OR_RETURN(
      const auto maps,
      MapsInPlaceOfClips(run, *run.eval_data, run.node->resolved->experiment.eval_data(), settings));
  ModelEvaluation evaluation;
  evaluation.run = &run;
  evaluation.seen = maps.get();
  evaluation.weights_hash = trained.weights_hash;
  evaluation.bank = bank.get();
  evaluation.detections_path = trained.folder + "/detections.csv";
  evaluation.ground_truth_path = trained.folder + "/groundtruth.csv";
  evaluation.result_path = result_path;
  evaluation.describe = [&](Result* result) {
    DescribeTraining(trained.about, result);
    DescribePretraining(run, result);
  };
  return EvaluateModel(evaluation, settings);
}

absl::StatusOr<FinishedRun> Run(const RunRequest& request, const RunSettings& settings) {
  RunTrainer trainer(settings);
  ProcessGroup& group = trainer.group();
  // Everything is opened before the first hour of training, not after it.
  MRSN_ASSIGN_OR_RETURN(const OpenedRuns opened,
                        OpenInTurn<OpenedRuns>(group, [&] { return Open(request, settings); }));
  absl::Status ready = opened.AllThere();
  if (group.first()) {
    const DataCheck data = CheckData(opened.asked->node->resolved->experiment, settings.data_root);
    std::fputs(data.text.c_str(), stderr);
    if (ready.ok() && !settings.ignore_data_errors) ready = data.Ready();
  }
  MRSN_RETURN_IF_ERROR(group.Agree(ready));
  OpenedRun& run = *opened.asked;
  MRSN_ASSIGN_OR_RETURN(const TrainedModel trained, trainer.Trained(run));
  FinishedRun finished;
  finished.weights_path = trained.weights_path;
  finished.result_path = ResultPath(settings.output_root, run.node->label, run.node->seed);
  const auto finished_before = [&] {
    return group.Ask(ReadFinishedResult(finished.result_path, run, trained.weights_hash, settings.device,
                                        &finished.result));
  };
  MRSN_ASSIGN_OR_RETURN(bool evaluated, finished_before());
  if (evaluated) return finished;
  MRSN_ASSIGN_OR_RETURN(
      const auto lock,
      LockFolder(trained.folder, absl::StrCat("evaluate ", run.node->label), group, settings.wait));
  // The job that had the lock may have evaluated the model.
  MRSN_ASSIGN_OR_RETURN(evaluated, finished_before());
  if (evaluated) return finished;
  MRSN_ASSIGN_OR_RETURN(finished.result, EvaluateRun(run, trained, trainer, settings, finished.result_path));
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

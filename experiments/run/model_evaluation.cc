#include "experiments/run/model_evaluation.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/config/computation.h"
#include "experiments/config/text_proto.h"
#include "experiments/counts/complexity.h"
#include "experiments/engine/bank_filling.h"
#include "experiments/engine/detector_input.h"
#include "experiments/engine/evaluation.h"
#include "experiments/engine/noisy_boxes.h"
#include "experiments/engine/unreadable_clips.h"
#include "experiments/engine/windows_ahead.h"
#include "experiments/provenance.h"
#include "experiments/result_precision.h"
#include "experiments/run/bank_data.h"
#include "mrsn/detector.h"
#include "ops/base/file.h"
#include "ops/base/process_memory.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr size_t kIdentityDigits = 12;  // in names of folders

// The first clip that can be read.
absl::StatusOr<datasets::Sample> FirstClip(const datasets::Dataset& dataset, const TrainConfig& train) {
  auto clip = dataset.Load(0, 0);
  if (UnreadableOf(train).policy == datasets::UnreadablePolicy::kFail) return clip;
  for (int64_t i = 1; !clip.ok() && i < dataset.size(); ++i) clip = dataset.Load(i, 0);
  return clip;
}

// The fields of the result that say what was measured, and where.
void Describe(const ModelEvaluation& evaluation, const std::string& device, Result* result) {
  const RunNode& node = *evaluation.run->node;
  result->set_experiment(node.label);
  result->set_seed(node.seed);
  result->set_config_fingerprint(node.resolved->fingerprint);
  result->set_data_fingerprint(evaluation.run->eval_data->Fingerprint());
  result->set_weights_hash(evaluation.weights_hash);
  result->set_commit(SourceCommit());
  result->set_device(DeviceName(device));
  result->set_precision(PrecisionName(node.resolved->experiment, device));
  result->set_date(Today());
  result->set_peak_memory_bytes(PeakMemoryBytes());
  result->set_official(!node.resolved->changed);
}

absl::Status WriteResult(const std::string& path, const Result& result) {
  return WriteFileAtomically(path, absl::StrCat("# proto-file: experiments/result.proto\n"
                                                "# proto-message: mrsn.Result\n",
                                                PrintTextProto(result)));
}

}  // namespace

ProcessGroup& GroupOf(const RunSettings& settings) {
  return settings.group != nullptr ? *settings.group : OneProcess();
}

absl::StatusOr<std::unique_ptr<RelationBank>> WriteOrOpenBank(const ModelBank& bank,
                                                              const RunSettings& settings) {
  const RunNode& node = *bank.writer->node;
  Detector& model = *bank.writer->model;
  ProcessGroup& group = GroupOf(settings);
  BankFillingOptions filling;
  filling.identity = {bank.weights_hash, BankData(*bank.dataset, bank.data),
                      node.resolved->exact_fingerprint};
  filling.title = absl::StrCat("write ", model.needs().bank.has_value() ? "memory " : "bank ",
                               node.resolved->name, " seed ", node.seed);
  filling.workers = settings.workers;
  filling.group = &group;
  filling.wait = settings.wait;
  filling.loss = node.resolved->experiment.train().loss();
  filling.arithmetic = ArithmeticOf(node.resolved->experiment.train());
  filling.unreadable = bank.unreadable;
  const std::string path =
      absl::StrCat(bank.folder, "/bank-", filling.identity.boxes.substr(0, kIdentityDigits));
  // Rank 0 looks for files: the others may see them a little later, or what it has just written.
  MRSN_ASSIGN_OR_RETURN(const bool written, group.Ask(FileExists(path)));
  if (!written) {
    const absl::Status filled = FillBank(filling, path, *bank.dataset, model);
    // Another process may have written the bank while this one waited for it.
    if (!absl::IsAlreadyExists(filled)) MRSN_RETURN_IF_ERROR(filled);
  }
  return RelationBank::Open(path, filling.identity);
}

absl::StatusOr<Result> EvaluateModel(const ModelEvaluation& evaluation, const RunSettings& settings) {
  const OpenedRun& run = *evaluation.run;
  const ResolvedExperiment& resolved = *run.node->resolved;
  const TrainConfig& train = resolved.experiment.train();
  MRSN_ASSIGN_OR_RETURN(const datasets::Sample first, FirstClip(*run.eval_data, train));
  const ModelNeeds needs = run.model->needs();
  const datasets::Dataset& placed = evaluation.seen != nullptr ? *evaluation.seen : *run.eval_data;
  const double noise = resolved.experiment.eval().box_noise();
  const NoisyBoxes with_noise(placed, noise);
  const datasets::Dataset& seen = noise > 0 ? with_noise : placed;
  BankWindows windows;
  std::optional<WindowsAhead> with_windows;
  if (evaluation.bank != nullptr) {
    const auto radius = static_cast<int>(needs.bank->radius);
    with_windows.emplace(seen, *evaluation.bank, radius);
    windows = {evaluation.bank, radius, /*own_second=*/!needs.bank->own_memory, &*with_windows};
  }
  EvaluationOptions options;
  options.title = absl::StrCat("evaluate ", resolved.name, " seed ", run.node->seed);
  options.loss = train.loss();
  options.arithmetic = ArithmeticOf(train);
  options.config = resolved.experiment.eval();
  options.workers = settings.workers;
  options.unreadable = UnreadableOf(train);
  options.detections_path = evaluation.detections_path;
  options.ground_truth_path = evaluation.ground_truth_path;
  options.identity = absl::StrCat(evaluation.weights_hash, " ", run.eval_data->Fingerprint(), " ",
                                  resolved.exact_fingerprint);
  options.group = &GroupOf(settings);
  const absl::Time start = absl::Now();
  const datasets::Dataset& data = with_windows.has_value() ? *with_windows : seen;
  options.write_result = [&](Result* result) -> absl::Status {
    result->set_evaluate_seconds(absl::ToDoubleSeconds(absl::Now() - start));
    ComplexitySetting setting;
    setting.frames = first.slow.frames;
    setting.height = first.slow.height;
    setting.width = first.slow.width;
    MRSN_RETURN_IF_ERROR(AddComplexity(resolved.experiment, setting, result));
    Describe(evaluation, settings.device, result);
    result->set_evaluation_processes(options.group->size());
    if (evaluation.describe) evaluation.describe(result);
    return WriteResult(evaluation.result_path, *result);
  };
  return Evaluate(options, data, windows, *run.model);
}

void DescribeTraining(const Checkpoint& about, Result* result) {
  if (about.has_iteration()) result->set_iterations(about.iteration());
  if (about.has_seconds()) result->set_train_seconds(about.seconds());
  if (about.has_processes()) result->set_training_processes(about.processes());
  if (about.has_data_fingerprint()) result->set_train_data_fingerprint(about.data_fingerprint());
  if (about.skipped_clips() > 0) result->set_skipped_clips(about.skipped_clips());
  if (about.nan_batches() > 0) result->set_nan_batches(about.nan_batches());
  for (const Checkpoint::Validation& validation : about.validation()) {
    ValidationScore* score = result->add_validation();
    score->set_iteration(validation.iteration());
    score->set_epoch(validation.epoch());
    score->set_frame_map(validation.frame_map());
  }
}

bool ReadFinishedResult(const std::string& path, const OpenedRun& run, const std::string& weights_hash,
                        const std::string& device, Result* result) {
  return FileExists(path) && ReadTextProto(path, result).ok() && result->weights_hash() == weights_hash &&
         result->data_fingerprint() == run.eval_data->Fingerprint() &&
         result->config_fingerprint() == run.node->resolved->fingerprint &&
         PrecisionOf(*result) == PrecisionName(run.node->resolved->experiment, device);
}

}  // namespace mrsn::experiments

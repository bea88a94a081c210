#include "experiments/run/evaluate_weights.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/config/config.h"
#include "experiments/engine/training_snapshot.h"
#include "experiments/engine/unreadable_clips.h"
#include "experiments/run/bank_data.h"
#include "experiments/run/given_weights.h"
#include "experiments/run/model_evaluation.h"
#include "experiments/run/model_fit.h"
#include "experiments/run/open_in_turn.h"
#include "experiments/run/opened_run.h"
#include "experiments/run/run_lock.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/checkpoint/checkpoint_metadata.h"
#include "mrsn/detector.h"
#include "mrsn/model_options.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr size_t kIdentityDigits = 12;  // in names of folders

// The weights and everything that is evaluated with them.
struct Opened {
  OpenedRuns runs;
  GivenWeights given;
  std::optional<Checkpoint> about;  // of a file of this project
  std::string weights_hash;
};

// Whether the model reads the bank of another one, and that bank cannot be the one that is given.
absl::Status CheckBankFlag(const OpenedRun& run, const EvaluateWeightsOptions& options) {
  const ModelNeeds needs = run.model->needs();
  const bool reads_bank = needs.bank.has_value() && !needs.bank->own_memory;
  const std::string& name = run.node->resolved->name;
  if (!reads_bank) {
    if (options.bank.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(name, " reads no bank of another model; leave out --bank"));
  }
  const ResolvedExperiment& writer = *run.node->bank_writer->resolved;
  auto writer_needs = NeedsOf(writer.experiment.model());
  if (!writer_needs.ok()) return AtItsPlace(writer, writer_needs.status());
  MRSN_RETURN_IF_ERROR(CheckBankFits(needs, *writer_needs, writer.name));
  if (!options.bank.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the model reads the relation bank that ", writer.name,
                                                    " writes for the evaluated videos; give its folder as "
                                                    "--bank, which `bazel run //experiments:write_bank "
                                                    "-- --experiment=",
                                                    writer.name,
                                                    " --videos=eval --checkpoint=<its weights>` writes"));
}

absl::StatusOr<Opened> OpenAll(const EvaluateWeightsOptions& options) {
  Opened opened;
  MRSN_ASSIGN_OR_RETURN(const WeightsSource source, ReadWeightsSource(options.checkpoint));
  if (!source.random() && !FileExists(source.file)) {
    return absl::NotFoundError(absl::StrCat(source.file, ": no such file"));
  }
  MRSN_ASSIGN_OR_RETURN(opened.about, AboutWeights(source));
  RunRequest request = options.request;
  request.seed = source.random() ? *source.seed : opened.about.has_value() ? opened.about->seed() : 0;
  MRSN_ASSIGN_OR_RETURN(opened.runs, OpenForEvaluation(request, options.settings));
  const OpenedRun& run = *opened.runs.asked;
  if (run.model != nullptr) {
    const absl::Status bank = CheckBankFlag(run, options);
    if (!bank.ok()) {
      opened.runs.needs.push_back(
          {absl::StrCat(run.node->resolved->name, ": inputs.relation_bank_from"), bank, ""});
    }
  }
  MRSN_RETURN_IF_ERROR(opened.runs.AllThere());
  MRSN_ASSIGN_OR_RETURN(opened.given, LoadGivenWeights(source, options.allow_missing, *run.model));
  opened.weights_hash = WeightsHash(*run.model);
  if (!opened.about.has_value()) return opened;
  if (opened.about->has_experiment()) opened.given.set_experiment(opened.about->experiment());
  const bool whole = opened.given.missing().empty() && opened.given.unused().empty();
  if (whole) MRSN_RETURN_IF_ERROR(CheckWeightsHash(*opened.about, opened.weights_hash, source.file));
  return opened;
}

// The bank of the evaluated videos; null for short-term heads. `folder` is for the bank that a model writes
// for itself.
absl::StatusOr<std::unique_ptr<RelationBank>> OpenBank(const Opened& opened, const std::string& folder,
                                                       const EvaluateWeightsOptions& options) {
  const OpenedRun& run = *opened.runs.asked;
  const ModelNeeds needs = run.model->needs();
  if (!needs.bank.has_value()) return nullptr;
  const Experiment& experiment = run.node->resolved->experiment;
  if (needs.bank->own_memory) {
    return WriteOrOpenBank({&run, opened.weights_hash, run.eval_bank_boxes.get(), experiment.eval_data(),
                            UnreadableOf(experiment.train()), folder},
                           options.settings);
  }
  // Any weights of the writer will do; its experiment and the data must be the ones of this evaluation.
  BankIdentity identity;
  {
    MRSN_ASSIGN_OR_RETURN(const std::unique_ptr<RelationBank> any, RelationBank::OpenAny(options.bank));
    identity.checkpoint = any->identity().checkpoint;
  }
  identity.boxes = BankData(*run.eval_bank_boxes, experiment.eval_data());
  identity.config = run.node->bank_writer->resolved->fingerprint;
  return RelationBank::Open(options.bank, identity);
}

// Whether the experiment itself has trained these weights, with all of its iterations.
bool TrainedToTheEnd(const Opened& opened) {
  const ResolvedExperiment& resolved = *opened.runs.asked->node->resolved;
  if (!opened.about.has_value() || opened.about->config_fingerprint() != resolved.fingerprint) return false;
  if (!opened.given.missing().empty() || !opened.given.unused().empty()) return false;
  if (opened.about->iteration() < 1 || opened.about->epoch() <= 0) return false;
  const double per_epoch = opened.about->iteration() / opened.about->epoch();
  return opened.about->iteration() >= std::llround(resolved.experiment.train().epochs() * per_epoch);
}

void DescribeWeights(const Opened& opened, Result* result) {
  *result->mutable_given_weights() = opened.given;
  if (opened.about.has_value()) DescribeTraining(*opened.about, result);
  const bool trained = TrainedToTheEnd(opened);
  result->set_official(result->official() && trained);
  const std::string& pretraining = opened.runs.asked->node->resolved->experiment.inputs().pretraining();
  if (trained && !pretraining.empty()) result->set_pretraining(pretraining);
}

absl::Status OtherResult(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat(
      path, ": there is a result of other weights, data or configuration; choose another --output"));
}

}  // namespace

absl::StatusOr<EvaluatedWeights> EvaluateWeights(const EvaluateWeightsOptions& options) {
  const RunSettings& settings = options.settings;
  ProcessGroup& group = GroupOf(settings);
  at::set_num_threads(settings.threads);
  MRSN_ASSIGN_OR_RETURN(const Opened opened, OpenInTurn<Opened>(group, [&] { return OpenAll(options); }));
  const OpenedRun& run = *opened.runs.asked;
  const std::string output = !options.output.empty()
                                 ? options.output
                                 : absl::StrCat(settings.output_root, "/evaluations/",
                                                opened.weights_hash.substr(0, kIdentityDigits));
  const std::string folder = absl::StrCat(output, "/", run.node->label);
  const std::string path = absl::StrCat(folder, "/seed", run.node->seed);
  EvaluatedWeights evaluated;
  evaluated.result_path = path + ".textproto";
  evaluated.detections_path = path + ".detections.csv";
  evaluated.ground_truth_path = path + ".groundtruth.csv";
  MRSN_ASSIGN_OR_RETURN(const auto lock,
                        LockFolder(folder, absl::StrCat("evaluate ", run.node->label), group, settings.wait));
  MRSN_ASSIGN_OR_RETURN(evaluated.was_there,
                        group.Ask(ReadFinishedResult(evaluated.result_path, run, opened.weights_hash,
                                                     settings.device, &evaluated.result)));
  if (evaluated.was_there) return evaluated;
  MRSN_RETURN_IF_ERROR(group.Agree(group.first() && FileExists(evaluated.result_path)
                                       ? OtherResult(evaluated.result_path)
                                       : absl::OkStatus()));
  auto bank = OpenBank(opened, path + ".memory", options);
  MRSN_RETURN_IF_ERROR(group.Agree(bank.status()));
  ModelEvaluation evaluation;
  evaluation.run = &run;
  evaluation.weights_hash = opened.weights_hash;
  evaluation.bank = bank->get();
  evaluation.detections_path = evaluated.detections_path;
  evaluation.ground_truth_path = evaluated.ground_truth_path;
  evaluation.result_path = evaluated.result_path;
  evaluation.describe = [&](Result* result) { DescribeWeights(opened, result); };
  MRSN_ASSIGN_OR_RETURN(evaluated.result, EvaluateModel(evaluation, settings));
  return evaluated;
}

}  // namespace mrsn::experiments

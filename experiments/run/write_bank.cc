#include "experiments/run/write_bank.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "datasets/open_dataset.h"
#include "experiments/config/config.h"
#include "experiments/engine/bank_filling.h"
#include "experiments/engine/detector_input.h"
#include "experiments/engine/training_snapshot.h"
#include "experiments/engine/unreadable_clips.h"
#include "experiments/run/bank_data.h"
#include "experiments/run/given_weights.h"
#include "experiments/run/model_evaluation.h"
#include "experiments/run/model_fit.h"
#include "experiments/run/open_in_turn.h"
#include "experiments/run/opened_run.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/build_model.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/status_macros.h"
#include "ops/device/device_name.h"
#include "ops/distributed/process_group.h"

namespace mrsn::experiments {
namespace {

constexpr size_t kIdentityDigits = 12;  // in names of folders

absl::StatusOr<std::shared_ptr<Detector>> ModelOf(const ResolvedExperiment& resolved,
                                                  const std::string& checkpoint, at::Device device) {
  MRSN_ASSIGN_OR_RETURN(const WeightsSource source, ReadWeightsSource(checkpoint));
  at::manual_seed(source.seed.value_or(0));
  auto model = BuildDetector(resolved.experiment.model(), device);
  if (!model.ok()) return AtItsPlace(resolved, model.status());
  MRSN_RETURN_IF_ERROR(LoadGivenWeights(source, /*allow_missing=*/false, **model).status());
  return model;
}

absl::Status CheckWrites(const ModelNeeds& needs, const std::string& name) {
  const bool memory = needs.bank.has_value() && needs.bank->own_memory;
  if (needs.bank.has_value() && !memory) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " reads a relation bank itself; name a short-term experiment"));
  }
  if (memory || needs.relation_width > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, " gives no relation features"));
}

// Everything that the bank is made from.
struct Source {
  ResolvedExperiment resolved;
  std::shared_ptr<Detector> model;
  DatasetConfig data;
  std::unique_ptr<datasets::Dataset> dataset;
};

absl::StatusOr<Source> OpenSource(const WriteBankOptions& options) {
  const RunSettings& settings = options.settings;
  Source source;
  MRSN_ASSIGN_OR_RETURN(source.resolved, LoadExperiment(settings.configs_root, options.request.experiment,
                                                        options.request.override_text));
  const Experiment& experiment = source.resolved.experiment;
  MRSN_ASSIGN_OR_RETURN(const at::Device device, DeviceNamed(settings.device));
  MRSN_ASSIGN_OR_RETURN(source.model, ModelOf(source.resolved, options.checkpoint, device));
  MRSN_RETURN_IF_ERROR(CheckWrites(source.model->needs(), source.resolved.name));
  source.data = options.evaluated_videos ? experiment.eval_data() : BankBoxesConfig(experiment.train_data());
  auto opened =
      datasets::OpenDataset(source.data, datasets::Usage::kBank, settings.data_root,
                            {settings.cache_root, settings.generate}, UnreadableOf(experiment.train()));
  if (!opened.ok()) {
    return AtItsPlace(source.resolved, opened.status(), "dataset",
                      options.evaluated_videos ? "eval_data" : "train_data");
  }
  source.dataset = *std::move(opened);
  MRSN_RETURN_IF_ERROR(
      CheckDataFits(source.model->needs(), source.data, datasets::Usage::kBank, *source.dataset));
  return source;
}

}  // namespace

absl::StatusOr<WrittenBank> WriteBank(const WriteBankOptions& options) {
  const RunSettings& settings = options.settings;
  ProcessGroup& group = GroupOf(settings);
  at::set_num_threads(settings.threads);
  MRSN_ASSIGN_OR_RETURN(const Source source, OpenInTurn<Source>(group, [&] { return OpenSource(options); }));
  const TrainConfig& train = source.resolved.experiment.train();
  BankFillingOptions filling;
  filling.identity = {WeightsHash(*source.model), BankData(*source.dataset, source.data),
                      source.resolved.exact_fingerprint};
  filling.title = absl::StrCat("write bank ", source.resolved.name);
  filling.workers = settings.workers;
  filling.unreadable = UnreadableOf(train);
  filling.loss = train.loss();
  filling.arithmetic = ArithmeticOf(train);
  filling.group = &group;
  filling.wait = settings.wait;
  WrittenBank written;
  written.identity = filling.identity;
  written.path = options.bank;
  if (written.path.empty()) {
    const std::string all = absl::StrCat(filling.identity.checkpoint, "\n", filling.identity.boxes, "\n",
                                         filling.identity.config);
    written.path = absl::StrCat(settings.output_root, "/banks/", source.resolved.name, "/",
                                options.evaluated_videos ? "eval-" : "train-",
                                Fingerprint(all).substr(0, kIdentityDigits));
  }
  const absl::Status filled = FillBank(filling, written.path, *source.dataset, *source.model);
  written.was_there = absl::IsAlreadyExists(filled);
  if (!written.was_there) MRSN_RETURN_IF_ERROR(filled);
  MRSN_RETURN_IF_ERROR(group.Agree(RelationBank::Open(written.path, filling.identity).status()));
  return written;
}

}  // namespace mrsn::experiments

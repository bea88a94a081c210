#include "experiments/run/pipeline.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "datasets/dataset.h"
#include "datasets/open_dataset.h"
#include "experiments/config/config.h"
#include "experiments/config/text_proto.h"
#include "experiments/counts/complexity.h"
#include "experiments/engine/evaluation.h"
#include "experiments/engine/inference.h"
#include "experiments/engine/trainer.h"
#include "experiments/engine/training_snapshot.h"
#include "experiments/provenance.h"
#include "experiments/run/preflight.h"
#include "experiments/run/pretrained_backbone.h"
#include "mrsn/bank/relation_bank.h"
#include "mrsn/build_model.h"
#include "mrsn/checkpoint/checkpoint_metadata.h"
#include "mrsn/checkpoint/safetensors.h"
#include "ops/base/file.h"
#include "ops/base/fingerprint.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using datasets::Dataset;
using datasets::Usage;

constexpr char kBackbone[] = "backbone.";

// Trained weights on disk.
struct TrainedModel {
  std::string weights_path;
  std::string weights_hash;
  std::string folder;  // of the run; empty for weights that came with the program
  double train_seconds = 0;
  int64_t iterations = 0;
};

// One experiment with everything it needs in memory.
struct Run {
  ResolvedExperiment resolved;
  std::shared_ptr<Detector> model;
  std::unique_ptr<Dataset> train_data;
  std::unique_ptr<RelationBank> train_bank;
  BankWindows train_windows;
  std::string identity, folder;
};

class Pipeline {
 public:
  explicit Pipeline(const PipelineOptions& options) : options_(options) {}

  absl::StatusOr<TrainedModel> Trained(const std::string& name, uint64_t seed) {
    MRSN_ASSIGN_OR_RETURN(Run run, Prepare(name, seed));
    return TrainedFrom(run, seed);
  }

  absl::StatusOr<Result> Evaluated(const std::string& name);
  absl::Status Export(const std::string& name, const std::string& path);

  absl::StatusOr<bool> HasShipped(const std::string& name) const {
    MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved, Load(name));
    const auto shipped = Shipped(resolved, 0);
    if (!shipped.ok() && !absl::IsNotFound(shipped.status())) return shipped.status();
    return shipped.ok();
  }

 private:
  absl::StatusOr<ResolvedExperiment> Load(const std::string& name) const {
    return LoadExperiment(options_.configs_root, name, name == overridden_ ? options_.override_text : "");
  }

  std::string LabelOf(const ResolvedExperiment& resolved) const {
    if (resolved.name != overridden_) return resolved.name;
    if (!options_.label.empty()) return options_.label;
    if (options_.override_text.empty()) return resolved.name;
    return absl::StrCat(resolved.name, "@", resolved.fingerprint.substr(0, 8));
  }

  absl::StatusOr<std::unique_ptr<Dataset>> Open(const ResolvedExperiment& resolved, const std::string& field,
                                                const DatasetConfig& config, Usage usage) const {
    auto dataset = datasets::OpenDataset(config, usage, options_.data_root);
    if (dataset.ok()) return dataset;
    const absl::Status placed = AtItsPlace(resolved, dataset.status(), "dataset", field);
    if (placed != dataset.status()) return placed;
    return absl::Status(placed.code(), absl::StrCat(resolved.name, ": ", field, ": ", placed.message()));
  }

  // Weights that came with the program, if they were trained with exactly this config.
  absl::StatusOr<TrainedModel> Shipped(const ResolvedExperiment& resolved, uint64_t seed) const {
    const std::string path = absl::StrCat(options_.checkpoints_root, "/", resolved.name, ".safetensors");
    if (options_.checkpoints_root.empty() || !FileExists(path)) return absl::NotFoundError(path);
    MRSN_ASSIGN_OR_RETURN(const Safetensors weights, ReadSafetensors(path));
    MRSN_ASSIGN_OR_RETURN(const Checkpoint about, ReadCheckpointMetadata(weights.metadata, path));
    if (about.config_fingerprint() != resolved.fingerprint || !about.has_seed() || about.seed() != seed) {
      return absl::NotFoundError(absl::StrCat(path, ": trained with another config"));
    }
    return TrainedModel{path, about.weights_hash(), ""};
  }

  // The weights another experiment's seed-0 run gives; Kinetics weights, too, are the
  // same for every row and seed.
  absl::StatusOr<TrainedModel> Initialisation(const std::string& name) {
    MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved, Load(name));
    auto shipped = Shipped(resolved, 0);
    if (shipped.ok() || !absl::IsNotFound(shipped.status())) return shipped;
    return Trained(name, 0);
  }

  absl::StatusOr<Run> Prepare(const std::string& name, uint64_t seed);
  absl::StatusOr<TrainedModel> TrainedFrom(Run& run, uint64_t seed);
  absl::StatusOr<std::unique_ptr<RelationBank>> WriteBank(const Run& run, const TrainedModel& trained,
                                                          const Dataset& dataset, uint64_t seed);
  absl::StatusOr<std::unique_ptr<RelationBank>> Bank(const Run& reader, uint64_t seed,
                                                     const DatasetConfig& data);

  const PipelineOptions& options_;
  std::string overridden_;

 public:
  void Override(const std::string& name) { overridden_ = name; }
};

absl::StatusOr<Run> Pipeline::Prepare(const std::string& name, uint64_t seed) {
  Run run;
  MRSN_ASSIGN_OR_RETURN(run.resolved, Load(name));
  const Experiment& experiment = run.resolved.experiment;
  MRSN_ASSIGN_OR_RETURN(run.train_data,
                        Open(run.resolved, "train_data", experiment.train_data(), Usage::kTrain));
  at::manual_seed(seed);
  auto model = BuildDetector(experiment.model(), at::kCPU);
  if (!model.ok()) return AtItsPlace(run.resolved, model.status());
  run.model = *std::move(model);

  std::string inputs;
  if (!experiment.inputs().initialise_from().empty()) {
    MRSN_ASSIGN_OR_RETURN(const TrainedModel start, Initialisation(experiment.inputs().initialise_from()));
    MRSN_ASSIGN_OR_RETURN(const Safetensors weights, ReadSafetensors(start.weights_path));
    MRSN_RETURN_IF_ERROR(LoadWeights(weights, start.weights_path, kBackbone, *run.model));
    absl::StrAppend(&inputs, "initialise_from ", start.weights_hash, "\n");
  }
  if (!experiment.inputs().pretrained_backbone().empty()) {
    MRSN_ASSIGN_OR_RETURN(
        const std::string sha256,
        LoadPretrainedBackbone(experiment.inputs().pretrained_backbone(), options_.data_root, *run.model));
    absl::StrAppend(&inputs, "pretrained_backbone ", sha256, "\n");
  }
  if (run.model->needs_bank() && !run.model->keeps_memory()) {
    const std::string& writer = experiment.inputs().relation_bank_from();
    if (writer.empty()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s: inputs.relation_bank_from is not set, but the model's head needs a relation bank; name the "
          "experiment whose trained model writes it",
          name));
    }
    DatasetConfig training_videos = experiment.train_data();
    training_videos.set_inference_split(training_videos.has_train_split() ? training_videos.train_split()
                                                                          : "train");
    MRSN_ASSIGN_OR_RETURN(run.train_bank, Bank(run, seed, training_videos));
    run.train_windows = {run.train_bank.get(), static_cast<int>(run.model->bank_radius())};
    absl::StrAppend(&inputs, "relation_bank ", run.train_bank->identity().checkpoint, "\n");
  }
  run.identity = Fingerprint(absl::StrCat(run.resolved.fingerprint, "\nseed ", seed, "\ndata ",
                                          run.train_data->Fingerprint(), "\n", inputs));
  run.folder = absl::StrFormat("%s/runs/%s/seed%d-%s", options_.output_root, LabelOf(run.resolved), seed,
                               run.identity.substr(0, 12));
  return run;
}

absl::StatusOr<TrainedModel> Pipeline::TrainedFrom(Run& run, uint64_t seed) {
  TrainedModel trained;
  trained.folder = run.folder;
  trained.weights_path = run.folder + "/weights.safetensors";
  if (FileExists(trained.weights_path)) {
    MRSN_ASSIGN_OR_RETURN(const Safetensors weights, ReadSafetensors(trained.weights_path));
    MRSN_ASSIGN_OR_RETURN(const Checkpoint about,
                          ReadCheckpointMetadata(weights.metadata, trained.weights_path));
    if (about.identity() != run.identity) {
      return absl::FailedPreconditionError(absl::StrFormat("%s: holds the weights of run %s, expected %s",
                                                           trained.weights_path, about.identity(),
                                                           run.identity));
    }
    MRSN_RETURN_IF_ERROR(LoadWeights(weights, trained.weights_path, "", *run.model));
    trained.weights_hash = WeightsHash(*run.model);
    if (!about.has_seconds() || !about.has_iteration()) {
      return absl::DataLossError(
          absl::StrCat(trained.weights_path, ": its metadata lacks iteration or seconds"));
    }
    trained.train_seconds = about.seconds();
    trained.iterations = about.iteration();
    return trained;
  }
  TrainOptions training;
  training.title = absl::StrCat("train ", run.resolved.name, " seed ", seed);
  training.about.set_experiment(run.resolved.name);
  training.about.set_config_fingerprint(run.resolved.fingerprint);
  training.about.set_data_fingerprint(run.train_data->Fingerprint());
  training.about.set_identity(run.identity);
  training.about.set_commit(SourceCommit());
  training.about.set_seed(seed);
  training.checkpoint_path = run.folder + "/checkpoint.safetensors";
  training.log_path = run.folder + "/train.jsonl";
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(run.folder + "/experiment.textproto", run.resolved.text));
  MRSN_ASSIGN_OR_RETURN(const TrainReport report, Train(training, run.resolved.experiment.train(),
                                                        *run.train_data, run.train_windows, *run.model));
  trained.weights_hash = WeightsHash(*run.model);
  trained.train_seconds = report.seconds;
  trained.iterations = report.iterations;
  MRSN_RETURN_IF_ERROR(WriteSafetensors(trained.weights_path, Weights(*run.model, report.about)));
  // The weights say it all now; what only resuming needed goes.
  std::error_code ignored;
  std::filesystem::remove(training.checkpoint_path, ignored);
  return trained;
}

// The bank `reader` names: what its writer's model (trained with the same seed) gives for
// the detector boxes of `data`; written next to that model on first use.
absl::StatusOr<std::unique_ptr<RelationBank>> Pipeline::Bank(const Run& reader, uint64_t seed,
                                                             const DatasetConfig& data) {
  const std::string& writer = reader.resolved.experiment.inputs().relation_bank_from();
  MRSN_ASSIGN_OR_RETURN(Run run, Prepare(writer, seed));
  if (run.model->needs_bank()) {
    return absl::InvalidArgumentError(absl::StrCat("inputs.relation_bank_from: ", writer,
                                                   " needs a bank itself; name a short-term experiment"));
  }
  if (run.model->relation_width() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        reader.resolved.name, ": inputs.relation_bank_from: ", writer,
        " finds its own boxes and has no relation features; name an experiment that scores given boxes"));
  }
  if (run.model->relation_width() != reader.model->bank_width()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: inputs.relation_bank_from: %s writes features of width %d; the model reads width %d",
        reader.resolved.name, writer, run.model->relation_width(), reader.model->bank_width()));
  }
  MRSN_ASSIGN_OR_RETURN(const TrainedModel trained, TrainedFrom(run, seed));
  MRSN_ASSIGN_OR_RETURN(const auto dataset,
                        datasets::OpenDataset(data, Usage::kInference, options_.data_root));
  return WriteBank(run, trained, *dataset, seed);
}

// What the trained model leaves of the boxes of `dataset` (its memory, if it keeps one, or else G), written
// beside its weights on first use.
absl::StatusOr<std::unique_ptr<RelationBank>> Pipeline::WriteBank(const Run& run, const TrainedModel& trained,
                                                                  const Dataset& dataset, uint64_t seed) {
  const bool memory = run.model->keeps_memory();
  BankIdentity identity;
  identity.checkpoint = trained.weights_hash;
  identity.boxes = dataset.Fingerprint();
  identity.config = run.resolved.fingerprint;
  const std::string path = absl::StrCat(trained.folder, "/bank-", identity.boxes.substr(0, 12));
  if (!FileExists(path)) {
    InferenceOptions inference;
    inference.title = absl::StrCat("write ", memory ? "memory " : "bank ", run.resolved.name, " seed ", seed);
    inference.loss = run.resolved.experiment.train().loss();
    const int64_t width = memory ? run.model->bank_width() : run.model->relation_width();
    MRSN_ASSIGN_OR_RETURN(auto bank, RelationBankWriter::Create(path, identity, width));
    MRSN_RETURN_IF_ERROR(Infer(inference, dataset, {}, *run.model, [&](const Scored& scored) {
      return AddToBank(scored, memory ? scored.memory : scored.found.G, *bank);
    }));
    MRSN_RETURN_IF_ERROR(bank->Finish());
  }
  return RelationBank::Open(path, identity);
}

absl::StatusOr<Result> Pipeline::Evaluated(const std::string& name) {
  const uint64_t seed = options_.seed;
  MRSN_ASSIGN_OR_RETURN(Run run, Prepare(name, seed));
  const Experiment& experiment = run.resolved.experiment;
  MRSN_ASSIGN_OR_RETURN(const auto dataset,
                        Open(run.resolved, "eval_data", experiment.eval_data(), Usage::kInference));
  MRSN_ASSIGN_OR_RETURN(const TrainedModel trained, TrainedFrom(run, seed));
  const std::string label = LabelOf(run.resolved);
  const std::string path = ResultPath(options_.output_root, label, seed);
  if (FileExists(path)) {
    Result result;
    if (ReadTextProto(path, &result).ok() && result.weights_hash() == trained.weights_hash &&
        result.data_fingerprint() == dataset->Fingerprint() &&
        result.config_fingerprint() == run.resolved.fingerprint) {
      return result;
    }
  }
  std::unique_ptr<RelationBank> bank;
  BankWindows windows;
  if (run.model->needs_bank()) {
    const bool memory = run.model->keeps_memory();
    MRSN_ASSIGN_OR_RETURN(
        bank, memory ? WriteBank(run, trained, *dataset, seed) : Bank(run, seed, experiment.eval_data()));
    windows = {bank.get(), static_cast<int>(run.model->bank_radius()), /*own_second=*/!memory};
  }
  EvaluationOptions evaluation;
  MRSN_ASSIGN_OR_RETURN(const datasets::Sample first, dataset->Load(0, 0));
  const datasets::FrameStack& clip = first.slow;
  evaluation.title = absl::StrCat("evaluate ", name, " seed ", seed);
  evaluation.loss = experiment.train().loss();
  evaluation.config = experiment.eval();
  evaluation.detections_path = run.folder + "/detections.csv";
  const absl::Time start = absl::Now();
  MRSN_ASSIGN_OR_RETURN(Result result, Evaluate(evaluation, *dataset, windows, *run.model));
  result.set_evaluate_seconds(absl::ToDoubleSeconds(absl::Now() - start));
  result.set_experiment(label);
  result.set_seed(seed);
  result.set_config_fingerprint(run.resolved.fingerprint);
  result.set_data_fingerprint(dataset->Fingerprint());
  result.set_weights_hash(trained.weights_hash);
  result.set_iterations(trained.iterations);
  result.set_train_seconds(trained.train_seconds);
  ComplexitySetting setting;
  setting.frames = clip.frames;
  setting.height = clip.height;
  setting.width = clip.width;
  MRSN_RETURN_IF_ERROR(AddComplexity(experiment, setting, &result));
  result.set_commit(SourceCommit());
  result.set_device(DeviceName());
  result.set_date(Today());
  result.set_peak_memory_bytes(PeakMemoryBytes());
  result.set_official(options_.override_text.empty());
  MRSN_RETURN_IF_ERROR(WriteFileAtomically(
      path, absl::StrCat("# proto-file: experiments/result.proto\n# proto-message: mrsn.Result\n",
                         PrintTextProto(result))));
  return result;
}

absl::Status Pipeline::Export(const std::string& name, const std::string& path) {
  MRSN_ASSIGN_OR_RETURN(const TrainedModel trained, Trained(name, options_.seed));
  MRSN_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(trained.weights_path));
  return WriteFileAtomically(path, bytes);
}

Pipeline PipelineOf(const std::string& name, const PipelineOptions& options) {
  at::set_num_threads(options.threads);
  Pipeline pipeline(options);
  pipeline.Override(name);
  return pipeline;
}

// What LibTorch throws (out of memory, a shape the config's checks let through) ends
// the run with one line instead of a crash; checkpoints stay.
template <typename Run>
auto WithoutExceptions(const std::string& name, Run run) -> decltype(run()) {
  try {
    return run();
  } catch (const c10::Error& error) {
    return absl::InternalError(absl::StrCat(name, ": ", error.what_without_backtrace()));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat(name, ": ", error.what()));
  }
}

}  // namespace

PipelineOptions DefaultOptions(const std::string& output_root) {
  PipelineOptions options;
  options.configs_root = DataFilesRoot() + "/experiments/configs";
  options.checkpoints_root = DataFilesRoot() + "/experiments/checkpoints";
  options.output_root = output_root.empty() ? DefaultOutputRoot() : UserPath(output_root);
  return options;
}

absl::StatusOr<Result> RunExperiment(const std::string& name, const PipelineOptions& options) {
  return WithoutExceptions(name, [&]() -> absl::StatusOr<Result> {
    // Everything is looked at before the first hour of training, not after it.
    MRSN_ASSIGN_OR_RETURN(const Preflight preflight, CheckNeeds(name, options));
    MRSN_RETURN_IF_ERROR(preflight.AllMet());
    return PipelineOf(name, options).Evaluated(name);
  });
}

absl::Status ExportWeights(const std::string& name, const PipelineOptions& options, const std::string& path) {
  return WithoutExceptions(name, [&] { return PipelineOf(name, options).Export(name, path); });
}

absl::StatusOr<bool> HasShippedWeights(const std::string& name, const PipelineOptions& options) {
  return PipelineOf("", options).HasShipped(name);
}

std::string ResultPath(const std::string& output_root, const std::string& label, uint64_t seed) {
  return absl::StrFormat("%s/results/%s/seed%d.textproto", output_root, label, seed);
}

}  // namespace mrsn::experiments

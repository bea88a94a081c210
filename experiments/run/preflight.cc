#include "experiments/run/preflight.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "datasets/open_dataset.h"
#include "experiments/config/config.h"
#include "experiments/counts/complexity.h"
#include "experiments/engine/check_protocol.h"
#include "experiments/run/pretrained_backbone.h"
#include "mrsn/build_model.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using datasets::Dataset;
using datasets::Usage;

absl::StatusOr<ResolvedExperiment> LoadOneOf(const std::string& name, const std::string& target,
                                             const PipelineOptions& options) {
  return LoadExperiment(options.configs_root, name, name == target ? options.override_text : "");
}

class Checker {
 public:
  Checker(const PipelineOptions& options, Preflight* preflight) : options_(options), preflight_(*preflight) {}

  // Of an experiment that is trained, and evaluated if it is the one asked for.
  void Check(const ResolvedExperiment& resolved, bool evaluated) {
    const Experiment& experiment = resolved.experiment;
    const auto model = BuildDetector(experiment.model(), at::kMeta);
    if (!model.ok()) return Add(resolved, "model", AtItsPlace(resolved, model.status()), "");
    Open(resolved, "train_data", experiment.train_data(), Usage::kTrain, **model);
    if (evaluated) Open(resolved, "eval_data", experiment.eval_data(), Usage::kInference, **model);
    if (!experiment.inputs().relation_bank_from().empty()) {
      DatasetConfig training_videos = experiment.train_data();
      training_videos.set_inference_split(training_videos.has_train_split() ? training_videos.train_split()
                                                                            : "train");
      Open(resolved, "train_data, boxes for the relation bank", training_videos, Usage::kInference, **model);
    }
    const std::string& pretrained = experiment.inputs().pretrained_backbone();
    if (pretrained.empty()) return;
    const auto loaded = TryPretrainedBackbone(pretrained, options_.data_root, experiment.model());
    Add(resolved, "inputs.pretrained_backbone", loaded.status(), loaded.ok() ? *loaded : "");
  }

 private:
  void Add(const ResolvedExperiment& resolved, const std::string& what, const absl::Status& state,
           std::string found) {
    preflight_.needs.push_back({absl::StrCat(resolved.name, ": ", what), state, std::move(found)});
  }

  void Open(const ResolvedExperiment& resolved, const std::string& field, const DatasetConfig& config,
            Usage usage, const Detector& model) {
    const auto dataset = datasets::OpenDataset(config, usage, options_.data_root);
    if (!dataset.ok()) {
      absl::Status status = AtItsPlace(resolved, dataset.status(), "dataset", field);
      if (options_.data_root.empty() && config.has_ucf24()) {
        status = absl::Status(
            status.code(), absl::StrCat(status.message(), "; --data_root=<folder> reads the whole data set"));
      }
      return Add(resolved, field, status, "");
    }
    absl::Status fit = CheckFit(config, usage, model, **dataset);
    if (fit.ok() && field == "eval_data") {
      fit = CheckProtocol(resolved.experiment.eval().protocol(), (*dataset)->annotation_unit());
    }
    Add(resolved, field, fit, absl::StrFormat("%d clips", (*dataset)->size()));
  }

  // What would otherwise throw in the first forward pass.
  static absl::Status CheckFit(const DatasetConfig& config, Usage usage, const Detector& model,
                               const Dataset& dataset) {
    const auto classes = static_cast<int64_t>(dataset.classes().size());
    if (model.num_classes() != classes) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "model.num_classes is %d; the data set has %d classes", model.num_classes(), classes));
    }
    if (model.alpha() > 0 && config.clip().fast_ratio() != model.alpha()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("clip.fast_ratio is %d; the model's fast pathway reads %d frames for a slow one",
                          config.clip().fast_ratio(), model.alpha()));
    }
    if (model.reads_flow() && !config.has_flow()) {
      return absl::InvalidArgumentError(
          "flow is not set; the model's backbone reads optical flow: add flow {} here, and make the files "
          "with "
          "./bazelw run //datasets:compute_flow (see its --help)");
    }
    if (usage == Usage::kTrain && model.needs_tubelets() && !config.clip().tubelets()) {
      return absl::InvalidArgumentError(
          "clip.tubelets is not set; the model is trained on each person's boxes in every frame: set it to "
          "true");
    }
    if (usage == Usage::kTrain && dataset.size() == 0) {
      return absl::InvalidArgumentError("there is no clip to train on");
    }
    return absl::OkStatus();
  }

  const PipelineOptions& options_;
  Preflight& preflight_;
};

// Multiply-adds a second of the best case: a square matrix product that fits the caches' blocking.
double MatrixProductRate(int threads) {
  at::set_num_threads(threads);
  constexpr int64_t kSize = 1024;
  const at::Tensor a = at::randn({kSize, kSize}), b = at::randn({kSize, kSize});
  at::matmul(a, b);
  const absl::Time start = absl::Now();
  int products = 0;
  while (absl::Now() - start < absl::Milliseconds(300)) {
    at::matmul(a, b);
    ++products;
  }
  return products * std::pow(kSize, 3) / absl::ToDoubleSeconds(absl::Now() - start);
}

std::string Bytes(double bytes) { return absl::StrFormat("%.3g GB", bytes / 1e9); }

std::string Duration(double seconds) {
  if (seconds < 120) return absl::StrFormat("%.0f seconds", seconds);
  if (seconds < 7200) return absl::StrFormat("%.0f minutes", seconds / 60);
  if (seconds < 48 * 3600) return absl::StrFormat("%.0f hours", seconds / 3600);
  return absl::StrFormat("%.0f days", seconds / 86400);
}

}  // namespace

absl::Status Preflight::AllMet() const {
  std::string missing;
  for (const Need& need : needs) {
    if (need.state.ok()) continue;
    absl::StrAppend(&missing, missing.empty() ? "" : "\n  ", need.what, ": ", need.state.message());
  }
  return missing.empty() ? absl::OkStatus() : absl::FailedPreconditionError(missing);
}

absl::StatusOr<Preflight> CheckNeeds(const std::string& name, const PipelineOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment target, LoadOneOf(name, name, options));
  Preflight preflight;
  preflight.fingerprint = target.fingerprint;
  preflight.config = target.text;
  Checker checker(options, &preflight);
  checker.Check(target, /*evaluated=*/true);
  // Weights that came with the program need no data to be trained on.
  std::vector<std::string> pending = {name}, seen = {name};
  while (!pending.empty()) {
    MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment one, LoadOneOf(pending.back(), name, options));
    pending.pop_back();
    const Inputs& inputs = one.experiment.inputs();
    for (const std::string& input : {inputs.initialise_from(), inputs.relation_bank_from()}) {
      if (input.empty() || std::find(seen.begin(), seen.end(), input) != seen.end()) continue;
      seen.push_back(input);
      const bool initial = input == inputs.initialise_from();
      bool shipped = false;
      if (initial) {
        MRSN_ASSIGN_OR_RETURN(shipped, HasShippedWeights(input, options));
      }
      preflight.needs.push_back(
          {absl::StrCat(one.name, ": inputs.", initial ? "initialise_from" : "relation_bank_from"),
           absl::OkStatus(),
           shipped ? absl::StrCat("weights of ", input, " came with the program")
                   : absl::StrCat(input, " is trained first", initial ? "" : " and writes it",
                                  ", unless it has been")});
      if (shipped) continue;
      MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved, LoadOneOf(input, name, options));
      checker.Check(resolved, /*evaluated=*/false);
      pending.push_back(input);
    }
  }
  return preflight;
}

absl::StatusOr<CostEstimate> EstimateCost(const std::string& name, const PipelineOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const ResolvedExperiment resolved, LoadOneOf(name, name, options));
  const Experiment& experiment = resolved.experiment;
  MRSN_ASSIGN_OR_RETURN(const ComplexityReport counted,
                        CountComplexity(name, experiment, SettingOf(experiment)));
  const int64_t batch = experiment.train().batch_size();
  CostEstimate cost;
  cost.parameters = counted.parameters.total;
  cost.state_bytes = 3 * cost.parameters * static_cast<int64_t>(sizeof(float));
  cost.activation_bytes = counted.activations.training * batch;
  cost.macs_per_second = MatrixProductRate(options.threads);
  const auto data = datasets::OpenDataset(experiment.train_data(), Usage::kTrain, options.data_root);
  if (!data.ok()) return cost;
  cost.iterations = std::llround(experiment.train().epochs() * ((*data)->size() / batch));
  cost.training_macs = 3.0 * counted.macs.total * batch * *cost.iterations;
  return cost;
}

std::string DescribePreflight(const std::string& name, const Preflight& preflight,
                              const absl::StatusOr<CostEstimate>& cost) {
  std::string text = absl::StrCat("Experiment ", name, ", config fingerprint ", preflight.fingerprint, "\n\n",
                                  preflight.config, "\nInputs\n");
  for (const Need& need : preflight.needs) {
    absl::StrAppend(&text, need.state.ok() ? "  there    " : "  MISSING  ", need.what, ": ",
                    need.state.ok() ? need.found : std::string(need.state.message()), "\n");
  }
  absl::StrAppend(&text, "\nEstimate\n");
  if (!cost.ok()) return absl::StrCat(text, "  none: ", cost.status().message(), "\n");
  absl::StrAppendFormat(&text, "  parameters  %.4g M\n", cost->parameters / 1e6);
  absl::StrAppendFormat(&text,
                        "  memory      %s: weights, gradients and momentum %s, activations of one batch %s\n",
                        Bytes(cost->state_bytes + cost->activation_bytes), Bytes(cost->state_bytes),
                        Bytes(cost->activation_bytes));
  if (!cost->iterations) return absl::StrCat(text, "  training    unknown without the training data\n");
  absl::StrAppendFormat(
      &text,
      "  training    %d iterations, %.3g TMACs; not under %s at the %.3g GMAC/s of a matrix "
      "product here\n",
      *cost->iterations, cost->training_macs / 1e12, Duration(cost->training_macs / cost->macs_per_second),
      cost->macs_per_second / 1e9);
  return text;
}

}  // namespace mrsn::experiments

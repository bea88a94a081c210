#include "experiments/run/opened_run.h"

#include <ATen/ATen.h>

#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "datasets/open_dataset.h"
#include "experiments/config/text_proto.h"
#include "experiments/engine/check_protocol.h"
#include "experiments/engine/unreadable_clips.h"
#include "experiments/run/model_fit.h"
#include "experiments/run/pretrained_backbone.h"
#include "experiments/run/shipped_weights.h"
#include "mrsn/build_model.h"
#include "mrsn/detector.h"
#include "ops/base/status_macros.h"
#include "ops/device/device_name.h"

namespace mrsn::experiments {
namespace {

using datasets::Dataset;
using datasets::Unreadable;
using datasets::Usage;

// "157,000 clips", and what is to be known about them.
std::string Described(const Dataset& dataset) {
  std::vector<std::string> parts = {absl::StrFormat("%d clips", dataset.size())};
  for (const std::string& note : dataset.Notes()) parts.push_back(note);
  return absl::StrJoin(parts, "; ");
}

class Opener {
 public:
  // `trains`: also what the trainings read; otherwise only what the evaluation of given weights reads.
  Opener(const RunSettings& settings, bool trains) : settings_(settings), trains_(trains) {}

  absl::StatusOr<OpenedRuns> Run(std::shared_ptr<const RunNode> node) {
    OpenedRuns opened;
    MRSN_ASSIGN_OR_RETURN(device_, DeviceNamed(settings_.device));
    MRSN_ASSIGN_OR_RETURN(opened.asked, OpenOne(std::move(node), /*evaluated=*/true));
    opened.needs = std::move(needs_);
    return opened;
  }

 private:
  using OpenedData = absl::StatusOr<std::shared_ptr<const Dataset>>;

  // A data set that a run reads.
  struct DataNeed {
    std::string field;  // of the experiment
    DatasetConfig config;
    Usage usage;
    std::shared_ptr<const Dataset>* dataset;  // where it goes
  };

  absl::StatusOr<std::shared_ptr<OpenedRun>> OpenOne(std::shared_ptr<const RunNode> node, bool evaluated) {
    const auto run = std::make_shared<OpenedRun>();
    runs_[node.get()] = run;
    run->node = std::move(node);
    OpenDataAndModel(*run, evaluated);
    if (!trains_) return run;
    MRSN_RETURN_IF_ERROR(OpenInitial(*run));
    MRSN_RETURN_IF_ERROR(OpenBankWriter(*run));
    return run;
  }

  void OpenDataAndModel(OpenedRun& run, bool evaluated) {
    const ResolvedExperiment& resolved = *run.node->resolved;
    const Experiment& experiment = resolved.experiment;
    std::vector<DataNeed> data;
    if (trains_) data.push_back({"train_data", experiment.train_data(), Usage::kTrain, &run.train_data});
    if (evaluated) data.push_back({"eval_data", experiment.eval_data(), Usage::kInference, &run.eval_data});
    if (trains_ && run.node->bank_writer != nullptr) {
      data.push_back({"train_data, boxes for the relation bank", BankBoxesConfig(experiment.train_data()),
                      Usage::kBank, &run.bank_boxes});
    }
    bool all_there = true;
    for (const DataNeed& need : data) {
      const OpenedData& opened = OpenOnce(need.config, need.usage, experiment.train());
      all_there = all_there && opened.ok();
      if (opened.ok()) *need.dataset = *opened;
    }
    const std::string pretrained = trains_ ? experiment.inputs().pretrained_backbone() : "";
    const auto pretrained_path = PretrainedBackbonePath(pretrained, settings_.data_root);
    const bool has_pretrained = !pretrained.empty() && pretrained_path.ok();
    at::manual_seed(run.node->seed);
    auto model = BuildDetector(experiment.model(), all_there || has_pretrained ? device_ : at::kMeta);
    if (!model.ok()) return AddNeed(run, "model", AtItsPlace(resolved, model.status()), "");
    run.model = *std::move(model);
    if (evaluated && run.model->needs().bank.has_value()) {
      data.push_back({"eval_data, boxes for the relation bank", experiment.eval_data(), Usage::kBank,
                      &run.eval_bank_boxes});
      const OpenedData& opened = OpenOnce(data.back().config, Usage::kBank, experiment.train());
      if (opened.ok()) run.eval_bank_boxes = *opened;
    }
    for (const DataNeed& need : data) AddDataNeed(run, need);
    if (pretrained.empty()) return;
    if (!has_pretrained) return AddNeed(run, "inputs.pretrained_backbone", pretrained_path.status(), "");
    const auto loaded = LoadPretrainedBackbone(*pretrained_path, *run.model);
    if (loaded.ok()) run.pretrained_sha256 = loaded->sha256;
    AddNeed(run, "inputs.pretrained_backbone", loaded.status(), loaded.ok() ? loaded->found : "");
  }

  absl::Status OpenInitial(OpenedRun& run) {
    const std::shared_ptr<const RunNode>& node = run.node->initial;
    if (node == nullptr) return absl::OkStatus();
    if (run.initial = Known(*node); run.initial != nullptr) return absl::OkStatus();
    const std::string& name = node->resolved->name;
    MRSN_ASSIGN_OR_RETURN(std::optional<ShippedWeights> shipped,
                          FindShippedWeights(settings_.checkpoints_root, *node));
    AddNeed(run, "inputs.initialise_from", absl::OkStatus(),
            shipped.has_value() ? absl::StrCat("weights of ", name, " came with the program")
                                : absl::StrCat(name, " is trained first, unless it has been"));
    if (!shipped.has_value()) {
      MRSN_ASSIGN_OR_RETURN(run.initial, OpenOne(node, /*evaluated=*/false));
      return absl::OkStatus();
    }
    run.initial = runs_[node.get()] = std::make_shared<OpenedRun>();
    run.initial->node = node;
    run.initial->shipped = std::make_shared<const ShippedWeights>(*std::move(shipped));
    return absl::OkStatus();
  }

  absl::Status OpenBankWriter(OpenedRun& run) {
    const std::shared_ptr<const RunNode>& node = run.node->bank_writer;
    if (node == nullptr) return absl::OkStatus();
    const std::string& name = node->resolved->name;
    const size_t place = needs_.size();  // before the writer's own needs
    AddNeed(run, "inputs.relation_bank_from", absl::OkStatus(),
            absl::StrCat(name, " is trained first and writes it, unless it has been"));
    run.bank_writer = Known(*node);
    if (run.bank_writer == nullptr) {
      MRSN_ASSIGN_OR_RETURN(run.bank_writer, OpenOne(node, /*evaluated=*/false));
    }
    if (run.model != nullptr && run.bank_writer->model != nullptr) {
      needs_[place].state = CheckBankFits(run.model->needs(), run.bank_writer->model->needs(), name);
    }
    if (needs_[place].state.ok() && run.train_data != nullptr && run.bank_writer->train_data != nullptr &&
        !run.node->resolved->experiment.inputs().bank_of_other_data()) {
      needs_[place].state = CheckBankData(*run.train_data, *run.bank_writer->train_data, name);
    }
    return absl::OkStatus();
  }

  std::shared_ptr<OpenedRun> Known(const RunNode& node) const {
    const auto known = runs_.find(&node);
    return known == runs_.end() ? nullptr : known->second;
  }

  // Runs mostly read the same data, a bank's writer and its reader always do.
  const OpenedData& OpenOnce(const DatasetConfig& config, Usage usage, const TrainConfig& train) {
    const Unreadable unreadable = UnreadableOf(train);
    const auto key = std::make_tuple(PrintTextProto(config), usage, unreadable.policy, unreadable.most);
    const auto known = data_.find(key);
    if (known != data_.end()) return known->second;
    auto opened = datasets::OpenDataset(config, usage, settings_.data_root,
                                        {settings_.cache_root, settings_.generate}, unreadable);
    OpenedData& kept = data_[key];
    if (opened.ok()) {
      kept = std::shared_ptr<const Dataset>(*std::move(opened));
    } else {
      kept = opened.status();
    }
    return kept;
  }

  void AddNeed(const OpenedRun& run, const std::string& what, const absl::Status& state, std::string found) {
    needs_.push_back({absl::StrCat(run.node->resolved->name, ": ", what), state, std::move(found)});
  }

  void AddDataNeed(const OpenedRun& run, const DataNeed& need) {
    const OpenedData& opened = OpenOnce(need.config, need.usage, run.node->resolved->experiment.train());
    if (opened.ok()) {
      absl::Status fit = CheckDataFits(run.model->needs(), need.config, need.usage, **opened);
      if (fit.ok() && need.dataset == &run.eval_data) {
        fit = CheckProtocol(run.node->resolved->experiment.eval().protocol(), **opened);
      }
      return AddNeed(run, need.field, fit, Described(**opened));
    }
    absl::Status status = AtItsPlace(*run.node->resolved, opened.status(), "dataset", need.field);
    if (settings_.data_root.empty() && need.config.has_ucf24()) {
      status = absl::Status(
          status.code(), absl::StrCat(status.message(), "; --data_root=<folder> reads the whole data set"));
    }
    AddNeed(run, need.field, status, "");
  }

  const RunSettings& settings_;
  const bool trains_;
  at::Device device_ = at::kCPU;
  std::map<const RunNode*, std::shared_ptr<OpenedRun>> runs_;
  std::map<std::tuple<std::string, Usage, datasets::UnreadablePolicy, double>, OpenedData> data_;
  std::vector<Need> needs_;
};

}  // namespace

DatasetConfig BankBoxesConfig(const DatasetConfig& train_data) {
  DatasetConfig config = train_data;
  config.set_inference_split(train_data.has_train_split() ? train_data.train_split() : "train");
  return config;
}

absl::Status OpenedRuns::AllThere() const {
  std::string missing;
  for (const Need& need : needs) {
    if (need.state.ok()) continue;
    absl::StrAppend(&missing, missing.empty() ? "" : "\n  ", need.what, ": ", need.state.message());
  }
  return missing.empty() ? absl::OkStatus() : absl::FailedPreconditionError(missing);
}

absl::StatusOr<OpenedRuns> Open(std::shared_ptr<const RunNode> node, const RunSettings& settings) {
  return Opener(settings, /*trains=*/true).Run(std::move(node));
}

absl::StatusOr<OpenedRuns> Open(const RunRequest& request, const RunSettings& settings) {
  ExperimentGraph graph(settings.configs_root);
  MRSN_ASSIGN_OR_RETURN(std::shared_ptr<const RunNode> node, graph.Add(request));
  return Open(std::move(node), settings);
}

absl::StatusOr<OpenedRuns> OpenForEvaluation(const RunRequest& request, const RunSettings& settings) {
  ExperimentGraph graph(settings.configs_root);
  MRSN_ASSIGN_OR_RETURN(std::shared_ptr<const RunNode> node, graph.Add(request));
  return Opener(settings, /*trains=*/false).Run(std::move(node));
}

}  // namespace mrsn::experiments

#include "experiments/config/experiment_graph.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr size_t kFingerprintDigits = 8;  // in the label of an overridden experiment

std::string LabelOf(const RunRequest& request, const ResolvedExperiment& resolved) {
  if (!request.label.empty()) return request.label;
  if (!resolved.changed) return resolved.name;
  return absl::StrCat(resolved.name, "@", resolved.fingerprint.substr(0, kFingerprintDigits));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const RunNode>> ExperimentGraph::Add(const RunRequest& request) {
  return AddBelow(request, {});
}

absl::StatusOr<std::shared_ptr<const ResolvedExperiment>> ExperimentGraph::Resolve(const ConfigKey& key) {
  std::shared_ptr<const ResolvedExperiment>& known = resolved_[key];
  if (known == nullptr) {
    MRSN_ASSIGN_OR_RETURN(ResolvedExperiment resolved, LoadExperiment(configs_root_, key.first, key.second));
    known = std::make_shared<const ResolvedExperiment>(std::move(resolved));
  }
  return known;
}

absl::StatusOr<std::shared_ptr<const RunNode>> ExperimentGraph::AddBelow(const RunRequest& request,
                                                                         std::vector<std::string> path) {
  const ConfigKey config{request.experiment, request.override_text};
  const RunKey key{config, request.label, request.seed};
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  RunNode node;
  MRSN_ASSIGN_OR_RETURN(node.resolved, Resolve(config));
  node.label = LabelOf(request, *node.resolved);
  node.override_text = request.override_text;
  node.seed = request.seed;
  path.push_back(request.experiment);
  const auto follow = [&](const char* field, const std::string& needed,
                          uint64_t seed) -> absl::StatusOr<std::shared_ptr<const RunNode>> {
    if (needed.empty()) return nullptr;
    if (std::find(path.begin(), path.end(), needed) != path.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(PlaceOf(node.resolved->places, field, node.resolved->path), ": ", field,
                       ": the inputs form a cycle: ", absl::StrJoin(path, " -> "), " -> ", needed));
    }
    return AddBelow({needed, "", "", seed}, path);
  };
  const Inputs& inputs = node.resolved->experiment.inputs();
  MRSN_ASSIGN_OR_RETURN(node.initial, follow("inputs.initialise_from", inputs.initialise_from(), 0));
  MRSN_ASSIGN_OR_RETURN(node.bank_writer,
                        follow("inputs.relation_bank_from", inputs.relation_bank_from(), request.seed));
  return nodes_.emplace_back(known_[key] = std::make_shared<const RunNode>(std::move(node)));
}

}  // namespace mrsn::experiments

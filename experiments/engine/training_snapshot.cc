#include "experiments/engine/training_snapshot.h"

#include <ATen/ATen.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "mrsn/checkpoint/checkpoint_metadata.h"
#include "ops/base/fingerprint.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr char kModel[] = "model.";
constexpr char kOptimizer[] = "optimizer.";
constexpr char kAverage[] = "average.";
constexpr char kMomentum[] = "momentum_buffer";
constexpr char kSgd[] = "SGD";

std::vector<std::pair<std::string, at::Tensor>> NamedTensors(const torch::nn::Module& model) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& item : model.named_parameters()) tensors.emplace_back(item.key(), item.value());
  for (const auto& item : model.named_buffers()) tensors.emplace_back(item.key(), item.value());
  return tensors;
}

const torch::optim::SGDParamState* StateOf(const torch::optim::SGD& optimizer, const at::Tensor& parameter) {
  const auto& states = optimizer.state();
  const auto found = states.find(parameter.unsafeGetTensorImpl());
  return found == states.end() ? nullptr
                               : static_cast<const torch::optim::SGDParamState*>(found->second.get());
}

void Describe(const torch::optim::SGD& optimizer, Checkpoint::Optimizer* description) {
  const auto& options = static_cast<const torch::optim::SGDOptions&>(optimizer.defaults());
  description->set_kind(kSgd);
  description->set_momentum(options.momentum());
  description->set_nesterov(options.nesterov());
  description->set_weight_decay(options.weight_decay());
  description->add_state(kMomentum);
}

Safetensors Tensors(const torch::nn::Module& model) {
  Safetensors weights;
  for (const auto& [name, tensor] : NamedTensors(model)) weights.tensors[name] = tensor;
  return weights;
}

std::string MomentumName(const std::string& parameter) {
  return absl::StrCat(kOptimizer, parameter, ".", kMomentum);
}

using Copies = std::vector<std::pair<at::Tensor, at::Tensor>>;  // (to, from)

// Plans copying `from[prefix + name]` into `to`; nothing is written yet.
absl::Status Plan(const Safetensors& from, const std::string& origin, const std::string& name,
                  const at::Tensor& to, Copies* copies) {
  const auto found = from.tensors.find(name);
  if (found == from.tensors.end()) {
    return absl::NotFoundError(absl::StrCat(origin, ": holds no tensor '", name, "'"));
  }
  if (found->second.sizes() != to.sizes()) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: tensor '%s' has shape [%s], the model needs [%s]",
                                                      origin, name, absl::StrJoin(found->second.sizes(), ","),
                                                      absl::StrJoin(to.sizes(), ",")));
  }
  copies->emplace_back(to, found->second);
  return absl::OkStatus();
}

void Execute(const Copies& copies) {
  at::NoGradGuard no_grad;
  for (const auto& [to, from] : copies) to.copy_(from);
}

}  // namespace

Safetensors TakeSnapshot(const torch::nn::Module& model, const torch::optim::SGD& optimizer, Checkpoint about,
                         const AveragedWeights* average) {
  Safetensors snapshot;
  Describe(optimizer, about.mutable_optimizer());
  snapshot.metadata = CheckpointMetadata(about);
  for (const auto& [name, tensor] : NamedTensors(model)) snapshot.tensors[kModel + name] = tensor;
  for (const auto& item : model.named_parameters()) {
    const auto* state = StateOf(optimizer, item.value());
    if (state != nullptr && state->momentum_buffer().defined()) {
      snapshot.tensors[MomentumName(item.key())] = state->momentum_buffer();
    }
  }
  if (average == nullptr) return snapshot;
  for (const AveragedWeights::Average& one : average->averages()) {
    snapshot.tensors[kAverage + one.name] = one.value;
  }
  return snapshot;
}

absl::StatusOr<Checkpoint> RestoreSnapshot(const Safetensors& snapshot, const std::string& origin,
                                           const std::string& identity, torch::nn::Module& model,
                                           torch::optim::SGD& optimizer, const AveragedWeights* average) {
  MRSN_ASSIGN_OR_RETURN(Checkpoint about, ReadCheckpointMetadata(snapshot.metadata, origin));
  if (about.identity() != identity) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: belongs to another run: identity %s, expected %s", origin, about.identity(), identity));
  }
  if (!about.has_iteration() || about.iteration() < 0 || !about.has_seconds()) {
    return absl::DataLossError(absl::StrCat(origin, ": its metadata lacks iteration or seconds"));
  }
  if (about.optimizer().kind() != kSgd) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: holds the state of optimizer '%s', expected %s",
                                                      origin, about.optimizer().kind(), kSgd));
  }
  Copies copies;
  for (const auto& [name, tensor] : NamedTensors(model)) {
    MRSN_RETURN_IF_ERROR(Plan(snapshot, origin, kModel + name, tensor, &copies));
  }
  std::vector<std::pair<at::Tensor, at::Tensor>> momenta;  // (parameter, momentum)
  for (const auto& item : model.named_parameters()) {
    const std::string name = MomentumName(item.key());
    if (snapshot.tensors.count(name) == 0) continue;  // a parameter that has had no gradient yet
    at::Tensor momentum = at::empty_like(item.value());
    MRSN_RETURN_IF_ERROR(Plan(snapshot, origin, name, momentum, &copies));
    momenta.emplace_back(item.value(), momentum);
  }
  if (average != nullptr) {
    for (const AveragedWeights::Average& one : average->averages()) {
      MRSN_RETURN_IF_ERROR(Plan(snapshot, origin, kAverage + one.name, one.value, &copies));
    }
  }
  if (copies.size() != snapshot.tensors.size()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: holds %d tensors, model, optimizer and average have %d", origin,
                        snapshot.tensors.size(), copies.size()));
  }
  Execute(copies);
  for (const auto& [parameter, momentum] : momenta) {
    auto state = std::make_unique<torch::optim::SGDParamState>();
    state->momentum_buffer(momentum);
    optimizer.state()[parameter.unsafeGetTensorImpl()] = std::move(state);
  }
  about.clear_optimizer();  // TakeSnapshot adds it again
  return about;
}

Safetensors Weights(const torch::nn::Module& model, Checkpoint about) {
  Safetensors weights = Tensors(model);
  about.set_weights_hash(WeightsHash(model));
  weights.metadata = CheckpointMetadata(about);
  return weights;
}

absl::Status LoadWeights(const Safetensors& weights, const std::string& origin, const std::string& prefix,
                         torch::nn::Module& model) {
  Copies copies;
  for (const auto& [name, tensor] : NamedTensors(model)) {
    if (absl::StartsWith(name, prefix)) MRSN_RETURN_IF_ERROR(Plan(weights, origin, name, tensor, &copies));
  }
  if (copies.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("the model has no weights under '", prefix, "'"));
  }
  Execute(copies);
  return absl::OkStatus();
}

std::string WeightsHash(const torch::nn::Module& model) {
  return Fingerprint(SerializeSafetensors(Tensors(model)));
}

}  // namespace mrsn::experiments

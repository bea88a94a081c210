#include "experiments/runner/snapshot.h"

#include <ATen/ATen.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "ops/base/fingerprint.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr char kModel[] = "model.";
constexpr char kOptimizer[] = "optimizer.";
constexpr char kMomentum[] = ".momentum_buffer";

std::vector<std::pair<std::string, at::Tensor>> NamedTensors(const torch::nn::Module& model) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& item : model.named_parameters()) tensors.emplace_back(item.key(), item.value());
  for (const auto& item : model.named_buffers()) tensors.emplace_back(item.key(), item.value());
  return tensors;
}

torch::optim::SGDParamState* StateOf(torch::optim::SGD& optimizer, const at::Tensor& parameter) {
  auto& states = optimizer.state();
  const auto found = states.find(parameter.unsafeGetTensorImpl());
  return found == states.end() ? nullptr : static_cast<torch::optim::SGDParamState*>(found->second.get());
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

Safetensors TakeSnapshot(const torch::nn::Module& model, torch::optim::SGD& optimizer,
                         const Progress& progress) {
  Safetensors snapshot;
  snapshot.metadata = {{"identity", progress.identity},
                       {"iteration", absl::StrCat(progress.iteration)},
                       {"seconds", absl::StrFormat("%.17g", progress.seconds)}};
  for (const auto& [name, tensor] : NamedTensors(model)) snapshot.tensors[kModel + name] = tensor;
  for (const auto& item : model.named_parameters()) {
    const auto* state = StateOf(optimizer, item.value());
    if (state != nullptr && state->momentum_buffer().defined()) {
      snapshot.tensors[absl::StrCat(kOptimizer, item.key(), kMomentum)] = state->momentum_buffer();
    }
  }
  return snapshot;
}

absl::StatusOr<Progress> RestoreSnapshot(const Safetensors& snapshot, const std::string& origin,
                                         const std::string& identity, torch::nn::Module& model,
                                         torch::optim::SGD& optimizer) {
  Progress progress;
  const auto text = [&](const char* key) {
    const auto found = snapshot.metadata.find(key);
    return found == snapshot.metadata.end() ? std::string() : found->second;
  };
  progress.identity = text("identity");
  if (progress.identity != identity) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: belongs to another run: identity %s, expected %s", origin, progress.identity, identity));
  }
  if (!absl::SimpleAtoi(text("iteration"), &progress.iteration) ||
      !absl::SimpleAtod(text("seconds"), &progress.seconds) || progress.iteration < 0) {
    return absl::DataLossError(absl::StrCat(origin, ": its metadata lacks iteration or seconds"));
  }
  Copies copies;
  for (const auto& [name, tensor] : NamedTensors(model)) {
    MRSN_RETURN_IF_ERROR(Plan(snapshot, origin, kModel + name, tensor, &copies));
  }
  std::vector<std::pair<at::Tensor, at::Tensor>> momenta;  // (parameter, momentum)
  for (const auto& item : model.named_parameters()) {
    const std::string name = absl::StrCat(kOptimizer, item.key(), kMomentum);
    if (snapshot.tensors.count(name) == 0) continue;  // a parameter that has had no gradient yet
    at::Tensor momentum = at::empty_like(item.value());
    MRSN_RETURN_IF_ERROR(Plan(snapshot, origin, name, momentum, &copies));
    momenta.emplace_back(item.value(), momentum);
  }
  if (copies.size() != snapshot.tensors.size()) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: holds %d tensors, the model and optimizer have %d",
                                                      origin, snapshot.tensors.size(), copies.size()));
  }
  Execute(copies);
  for (const auto& [parameter, momentum] : momenta) {
    auto state = std::make_unique<torch::optim::SGDParamState>();
    state->momentum_buffer(momentum);
    optimizer.state()[parameter.unsafeGetTensorImpl()] = std::move(state);
  }
  return progress;
}

Safetensors Weights(const torch::nn::Module& model, std::map<std::string, std::string> metadata) {
  Safetensors weights;
  weights.metadata = std::move(metadata);
  for (const auto& [name, tensor] : NamedTensors(model)) weights.tensors[name] = tensor;
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
  return Fingerprint(SerializeSafetensors(Weights(model, {})));
}

}  // namespace mrsn::experiments

// A training's whole state in one safetensors file, and back.
#ifndef MRSN_EXPERIMENTS_RUNNER_SNAPSHOT_H_
#define MRSN_EXPERIMENTS_RUNNER_SNAPSHOT_H_

#include <torch/nn/module.h>
#include <torch/optim/sgd.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mrsn/checkpoint/safetensors.h"

namespace mrsn::experiments {

// Where a training stands. The position in the data and every random number
// follow from (seed, iteration), so nothing else needs to be stored.
struct Progress {
  std::string identity;   // of the run: config, seed, inputs; a snapshot of another run is refused
  int64_t iteration = 0;  // iterations done
  double seconds = 0;     // spent so far, over all sittings
};

// Tensors "model.<parameter or buffer>" and "optimizer.<parameter>.momentum_buffer".
Safetensors TakeSnapshot(const torch::nn::Module& model, torch::optim::SGD& optimizer,
                         const Progress& progress);

// Restores model and optimizer. Errors name the tensor that is missing, extra or of
// another shape; on an error neither is changed.
absl::StatusOr<Progress> RestoreSnapshot(const Safetensors& snapshot, const std::string& origin,
                                         const std::string& identity, torch::nn::Module& model,
                                         torch::optim::SGD& optimizer);

// Only the weights: "<parameter or buffer>", with `metadata` as given.
Safetensors Weights(const torch::nn::Module& model, std::map<std::string, std::string> metadata);

// Copies every tensor whose name starts with `prefix` ("" = all) into the model.
// All of the model's tensors under the prefix must be there, with equal shapes.
absl::Status LoadWeights(const Safetensors& weights, const std::string& origin, const std::string& prefix,
                         torch::nn::Module& model);

// SHA-256 over names, shapes and values: how results name the weights they were
// measured with.
std::string WeightsHash(const torch::nn::Module& model);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_RUNNER_SNAPSHOT_H_

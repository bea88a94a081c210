// A training's whole state in one safetensors file, and back.
#ifndef MRSN_EXPERIMENTS_ENGINE_TRAINING_SNAPSHOT_H_
#define MRSN_EXPERIMENTS_ENGINE_TRAINING_SNAPSHOT_H_

#include <torch/nn/module.h>
#include <torch/optim/sgd.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/engine/averaged_weights.h"
#include "mrsn/checkpoint/checkpoint.pb.h"
#include "mrsn/checkpoint/safetensors.h"

namespace mrsn::experiments {

// Tensors "model.<parameter or buffer>" and "optimizer.<parameter>.momentum_buffer", and "average.<parameter
// or buffer>" if there is an average; and `about` with the optimizer's description added. The position in the
// data and every random number follow from (seed, iteration), so nothing else needs to be stored.
Safetensors TakeSnapshot(const torch::nn::Module& model, const torch::optim::SGD& optimizer, Checkpoint about,
                         const AveragedWeights* average = nullptr);

// Restores model, optimizer and average; the result is TakeSnapshot's `about`. Errors: another run's
// identity, no iteration or seconds; a tensor that is missing, extra or of another shape, by
// name. On an error nothing is changed.
absl::StatusOr<Checkpoint> RestoreSnapshot(const Safetensors& snapshot, const std::string& origin,
                                           const std::string& identity, torch::nn::Module& model,
                                           torch::optim::SGD& optimizer,
                                           const AveragedWeights* average = nullptr);

// Only the weights, "<parameter or buffer>", and `about` with their hash added.
Safetensors Weights(const torch::nn::Module& model, Checkpoint about);

// Copies every tensor whose name starts with `prefix` ("" = all) into the model.
// All of the model's tensors under the prefix must be there, with equal shapes.
absl::Status LoadWeights(const Safetensors& weights, const std::string& origin, const std::string& prefix,
                         torch::nn::Module& model);

// SHA-256 over names, shapes and values: how results name the weights they were
// measured with.
std::string WeightsHash(const torch::nn::Module& model);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_ENGINE_TRAINING_SNAPSHOT_H_

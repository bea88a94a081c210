#include "mrsn/head/consensus_mlp.h"

#include <ATen/ATen.h>

#include "mrsn/linear_init.h"
#include "ops/dropout/shared_dropout.h"

namespace mrsn {

ConsensusMlp::ConsensusMlp(const ConsensusMlpOptions& options) : dropout_(options.dropout) {
  TORCH_CHECK(options.layers == 1 || options.layers == 2, "consensus MLP: 1 or 2 layers, not ",
              options.layers);
  if (options.layers == 2) {
    hidden_ = register_module("hidden", torch::nn::Linear(options.input, options.hidden));
  }
  classifier_ = register_module(
      "classifier",
      NormalLinear(options.layers == 2 ? options.hidden : options.input, options.classes, 0.01));
}

at::Tensor ConsensusMlp::Forward(at::Tensor g) {
  if (hidden_) g = at::gelu(packed_hidden_(g, hidden_->weight, hidden_->bias));
  return packed_classifier_(ops::PersonDropout(g, dropout_, is_training()), classifier_->weight,
                            classifier_->bias);
}

}  // namespace mrsn

#include "mrsn/head/rse.h"

#include <ATen/ATen.h>

namespace mrsn {

Rse::Rse(const EncoderOptions& options)
    : x_layers_(RegisterLayers(*this, "x_layer", options)),
      y_layers_(RegisterLayers(*this, "y_layer", options)) {}

std::pair<at::Tensor, at::Tensor> Rse::Forward(at::Tensor x, at::Tensor y) {
  for (size_t k = 0; k < x_layers_.size(); ++k) {
    const at::Tensor x_in = x_layers_[k]->AttentionInput(x), y_in = y_layers_[k]->AttentionInput(y);
    // One row per person, the same for all its L+1 tokens: LN works per token, so
    // it, too, is taken once and broadcast by the sum.
    const at::Tensor to_x = x_layers_[k]->attention().SingleKeyAttention(y_in).unsqueeze(1);  // [N,1,d]
    const at::Tensor to_y = y_layers_[k]->attention().SingleQueryAttention(y_in, x_in);       // [N,d]
    x = x_layers_[k]->AfterNorm(x_layers_[k]->AfterAttention(to_x, x));
    y = y_layers_[k]->AfterNorm(y_layers_[k]->AfterAttention(to_y, y));
  }
  return {x, y};
}

}  // namespace mrsn

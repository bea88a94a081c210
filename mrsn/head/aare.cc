#include "mrsn/head/aare.h"

#include <ATen/ATen.h>

namespace mrsn {

Aare::Aare(const EncoderOptions& options) : layers_(RegisterLayers(*this, "layer", options)) {}

at::Tensor Aare::Forward(const at::Tensor& y, const at::Tensor& same_clip) {
  at::Tensor sequence = y.unsqueeze(0);  // [1,N,d]
  for (const auto& layer : layers_) sequence = layer->Forward(sequence, same_clip);
  return sequence.squeeze(0);
}

}  // namespace mrsn

#include "mrsn/head/acre.h"

#include <ATen/ATen.h>

namespace mrsn {

Acre::Acre(const EncoderOptions& options) : layers_(RegisterLayers(*this, "layer", options)) {}

at::Tensor Acre::Forward(at::Tensor x) {
  for (const auto& layer : layers_) x = layer->Forward(x);
  return x;
}

at::Tensor Acre::ForwardFromTokens(const at::Tensor& actors, const at::Tensor& context,
                                   const at::Tensor& clip_index) {
  EncoderLayer& first = *layers_.front();
  const auto [to_actors, to_context] = first.attention().ActorContextAttention(
      first.AttentionInput(actors), first.AttentionInput(context), clip_index);
  at::Tensor x =
      first.AfterNorm(at::cat({first.AfterAttention(to_actors, actors).unsqueeze(1),
                               first.AfterAttention(to_context, context.index_select(0, clip_index))},
                              1));  // [N,L+1,d]
  for (size_t k = 1; k < layers_.size(); ++k) x = layers_[k]->Forward(x);
  return x;
}

}  // namespace mrsn

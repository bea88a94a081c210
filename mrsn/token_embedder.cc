// TokenEmbedder (Eq. 1) and ActorPosition (Eq. 3): everything learnt about places.
#include "mrsn/token_embedder.h"

#include <ATen/ATen.h>

#include <array>

#include "mrsn/actor_position.h"
#include "mrsn/roi_features.h"

namespace mrsn {
namespace {

// As Vision Transformers start their positional embeddings.
at::Tensor RandomEmbedding(at::IntArrayRef shape) { return torch::randn(shape) * 0.02; }

}  // namespace

TokenEmbedder::TokenEmbedder(const TokenEmbedderOptions& options) : options_(options) {
  const int64_t cells = options.actor_token == ActorToken::kFlatten ? options.roi_size * options.roi_size : 1;
  actor_ = register_module("actor", torch::nn::Linear(options.channels * cells, options.width));
  if (!options.context) return;
  TORCH_CHECK(options.support_size % options.patch_size == 0, "patch size ", options.patch_size,
              " does not divide the support size ", options.support_size);
  const int64_t grid = options.support_size / options.patch_size;
  patch_ = register_module(
      "patch", torch::nn::Conv2d(torch::nn::Conv2dOptions(options.channels, options.width, options.patch_size)
                                     .stride(options.patch_size)));
  actor_embedding_ = register_parameter("actor_embedding", RandomEmbedding({options.width}));
  context_embedding_ = register_parameter("context_embedding", RandomEmbedding({grid * grid, options.width}));
}

at::Tensor TokenEmbedder::ContextTokens(const at::Tensor& features) {
  const std::array<int64_t, 2> size = {options_.support_size, options_.support_size};
  const at::Tensor patches = patch_(at::adaptive_avg_pool2d(features, size));  // [B,d,S/p,S/p]
  return patches.flatten(2).transpose(1, 2) + context_embedding_;              // [B,L,d]
}

at::Tensor TokenEmbedder::ActorTokens(const at::Tensor& actors) {
  switch (options_.actor_token) {
    case ActorToken::kMax:
      return actor_(MaxPoolRoi(actors));
    case ActorToken::kAverage:
      return actor_(AveragePoolRoi(actors));
    case ActorToken::kFlatten:
      return actor_(actors.flatten(1));
  }
  TORCH_CHECK(false, "unknown actor token");
}

at::Tensor ActorCell(const at::Tensor& boxes, int64_t grid) {
  const at::Tensor centre = (boxes.slice(1, 0, 2) + boxes.slice(1, 2, 4)) / 2;  // [N,2] x, y
  // fmax, unlike clamp, turns NaN into the 1, which the conversion to integers needs.
  const at::Tensor one = at::ones({}, centre.options());
  const at::Tensor cell = at::fmax((centre * grid).ceil(), one).clamp_max(grid).to(at::kLong) - 1;
  return cell.select(1, 1) * grid + cell.select(1, 0);
}

ActorPosition::ActorPosition(int64_t grid, int64_t width)
    : grid_(grid), embedding_(register_parameter("embedding", RandomEmbedding({grid * grid, width}))) {}

at::Tensor ActorPosition::Forward(const at::Tensor& boxes) {
  return embedding_.index_select(0, ActorCell(boxes, grid_));
}

}  // namespace mrsn

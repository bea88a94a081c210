#include "mrsn/head/token_embedder.h"

#include <ATen/ATen.h>

#include "mrsn/head/random_embedding.h"
#include "mrsn/roi_features.h"
#include "ops/device/constants.h"

namespace mrsn {
namespace {

// Adaptive average pooling of a row of x [..,n] to `size` as a matrix [size,n]: cell i is the mean of
// the cells it covers, from floor(i n / size) to ceil((i+1) n / size).
at::Tensor PoolingMatrix(int64_t size, const at::Tensor& x) {
  const int64_t n = x.size(-1);
  return Constant("pooling matrix", {static_cast<double>(size), static_cast<double>(n)}, x.options(), [&] {
    const at::Tensor matrix = at::zeros({size, n}, at::kDouble);
    for (int64_t i = 0; i < size; ++i) {
      const int64_t begin = i * n / size, end = ((i + 1) * n + size - 1) / size;
      matrix[i].slice(0, begin, end).fill_(1.0 / static_cast<double>(end - begin));
    }
    return matrix;
  });
}

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
  const int64_t B = features.size(0), C = features.size(1), S = options_.support_size;
  const int64_t p = options_.patch_size, grid = S / p;
  at::Tensor pooled = features;  // [B,C,S,S]
  if (pooled.size(3) != S) pooled = at::matmul(pooled, PoolingMatrix(S, pooled).t());
  if (pooled.size(2) != S) pooled = at::matmul(PoolingMatrix(S, pooled.transpose(2, 3)), pooled);
  // Non-overlapping patches: the convolution is one matrix product. Patch vectors
  // (C, p, p) as columns first, from where a transpose is cheap.
  const at::Tensor columns = pooled.reshape({B, C, grid, p, grid, p})
                                 .permute({1, 3, 5, 0, 2, 4})
                                 .reshape({C * p * p, B * grid * grid});
  const at::Tensor patches = packed_patch_(columns.t(), patch_->weight.flatten(1), patch_->bias);  // [BL,d]
  return patches.unflatten(0, {B, grid * grid}) + context_embedding_;                              // [B,L,d]
}

at::Tensor TokenEmbedder::ActorTokens(const at::Tensor& actors) {
  const auto embed = [&](const at::Tensor& x) { return packed_actor_(x, actor_->weight, actor_->bias); };
  switch (options_.actor_token) {
    case ActorToken::kMax:
      // MaxPoolRoi also finds where the maximum is, which only its gradient needs.
      return embed(at::GradMode::is_enabled() ? MaxPoolRoi(actors) : actors.amax({2, 3}));
    case ActorToken::kAverage:
      return embed(AveragePoolRoi(actors));
    case ActorToken::kFlatten:
      return embed(actors.flatten(1));
  }
  TORCH_CHECK(false, "unknown actor token");
}

}  // namespace mrsn

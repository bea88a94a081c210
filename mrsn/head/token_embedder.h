// Eq. 1: feature map and RoI features to tokens.
//   {R_1..R_L} = PatchEmbedder(F),   {R_A^1..R_A^N} = ActorEmbedder({A^1..A^N})
//   T^n = [R_A^n, R_1..R_L] + [E_A, E_1..E_L]
//
// Shapes: B clips, C channels, S x S cells after pooling, p x p cells a patch,
// L = (S/p)^2 context tokens, d width, N persons.
#ifndef MRSN_MRSN_HEAD_TOKEN_EMBEDDER_H_
#define MRSN_MRSN_HEAD_TOKEN_EMBEDDER_H_

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "mrsn/head/mrsn_head_config.h"
#include "mrsn/packed_linear.h"

namespace mrsn {

struct TokenEmbedderOptions {
  int64_t channels = 2048;    // C
  int64_t width = 1024;       // d
  int64_t support_size = 16;  // S
  int64_t patch_size = 2;     // p, a divisor of S
  int64_t roi_size = 7;
  ActorToken actor_token = ActorToken::kMax;
  bool context = true;  // false: actor tokens only (no patch embedding, no E)
};

class TokenEmbedder : public torch::nn::Module {
 public:
  explicit TokenEmbedder(const TokenEmbedderOptions& options);

  // R_i + E_i: F [B,C,h,w], average-pooled to S x S whatever its size, cut into
  // patches row by row; patch embedding is Conv2d(C, d, p, stride p). [B,L,d]
  at::Tensor ContextTokens(const at::Tensor& features);

  at::Tensor ActorTokens(const at::Tensor& actors);  // R_A: A [N,C,7,7] -> [N,d]

  at::Tensor actor_embedding() const { return actor_embedding_; }  // E_A [d]

 private:
  TokenEmbedderOptions options_;
  torch::nn::Linear actor_{nullptr};
  torch::nn::Conv2d patch_{nullptr};
  PackedLinear packed_actor_, packed_patch_;
  at::Tensor actor_embedding_;    // E_A [d]
  at::Tensor context_embedding_;  // E_1..E_L [L,d]
};

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_TOKEN_EMBEDDER_H_

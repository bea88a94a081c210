// The Transformer pieces all relation encoders are built from: multi-head
// attention (Eq. 6), the feed-forward layer, and the paper's encoder layer
// (Eq. 2, 4), whose norms sit on the branches, not on the sums:
//   X' = LN(MSA(X)) + X
//   X  = LN(FFN(X')) + X'
// For ablations the norms can sit elsewhere (residual.h).
//
// Shapes: N sequences, Q queries, S keys, w token width, c inner width, H heads.
#ifndef MRSN_MRSN_HEAD_ATTENTION_BLOCK_H_
#define MRSN_MRSN_HEAD_ATTENTION_BLOCK_H_

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mrsn/head/residual.h"
#include "mrsn/packed_linear.h"

namespace mrsn {

struct AttentionOptions {
  int64_t width = 1024;     // w of tokens in and out
  int64_t heads = 8;        // H
  int64_t inner_width = 0;  // c of queries, keys and values, a multiple of H; 0: w
};

// Eq. 6: MCA(X, Y) = Concat(head_1..head_H) W^O,
//        head_i = Softmax((X W_i^Q)(Y W_i^K)^T / sqrt(c/H)) Y W_i^V;
// MSA(X) = MCA(X, X). All four maps have biases. Parameters are laid out as in
// torch.nn.MultiheadAttention: in_proj_weight [3c,w] holds W^Q, W^K, W^V.
class MultiHeadAttention : public torch::nn::Module {
 public:
  explicit MultiHeadAttention(const AttentionOptions& options);

  // MSA(x). x [N,T,w]; allowed, if defined, is bool and broadcasts to [N,H,T,T]:
  // true where the query may see the key, at least once per query.
  at::Tensor SelfAttention(const at::Tensor& x, const at::Tensor& allowed = {});  // [N,T,w]

  // MSA of each sequence [actor n, the context of n's clip]: actors [N,w], context
  // [B,L,w], clip_index [N] -> the results of the actors' tokens [N,w] and of the
  // context's [N,L,w].
  //
  // The context's keys and values are the same in all sequences of a clip, so its
  // attention to itself is computed once per clip. Adding the actor's key to the
  // softmax of context token i scales that attention c_i by 1 - a and adds a v_n,
  //   a = e^{s_in} / (e^{s_in} + sum_j e^{s_ij}) = sigmoid(s_in - logsumexp_j s_ij),
  // for each head, and as W^O is linear, it, too, is applied before the sum: to each
  // head's c_i once per clip and v_n once per actor, not to every token of every
  // sequence. The same sums in another order, not an approximation.
  std::pair<at::Tensor, at::Tensor> ActorContextAttention(const at::Tensor& actors, const at::Tensor& context,
                                                          const at::Tensor& clip_index);

  // MCA(x, y). x [N,Q,w], y [N,S,w]; allowed broadcasts to [N,H,Q,S].
  at::Tensor CrossAttention(const at::Tensor& x, const at::Tensor& y, const at::Tensor& allowed = {});

  // MCA(X, y) for a single key y: the softmax over one key is 1 whatever the
  // query, so every query gets W^O (W^V y). y [..,w] -> [..,w]. W^Q and W^K stay
  // parameters (their gradient is 0), as in the paper's count.
  at::Tensor SingleKeyAttention(const at::Tensor& y);

  // MCA(x, Y) for a single query x per sequence: x [N,w], y [N,S,w] -> [N,w]. With one
  // query it is cheaper to map the query by (W_i^K)^T and the sum of tokens by W_i^V
  // than every token by both. b^K adds the same to all of a query's scores and
  // cancels in the softmax (its gradient is 0).
  at::Tensor SingleQueryAttention(const at::Tensor& x, const at::Tensor& y);

 private:
  at::Tensor Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& allowed);
  // x by rows [begin, end) c of in_proj.
  at::Tensor Project(PackedLinear& linear, const at::Tensor& x, int64_t begin, int64_t end);
  at::Tensor OutProject(const at::Tensor& x);

  int64_t heads_, inner_width_;
  double scale_ = 1;                          // of scores: 1 / sqrt(c/H)
  at::Tensor in_proj_weight_, in_proj_bias_;  // [3c,w], [3c]
  torch::nn::Linear out_proj_{nullptr};       // c -> w
  PackedLinear qkv_, q_, kv_, v_, out_;
};

// FFN(x) = W_2 GELU(W_1 x + b_1) + b_2, exact GELU.
class FeedForward : public torch::nn::Module {
 public:
  FeedForward(int64_t width, int64_t hidden);
  at::Tensor Forward(const at::Tensor& x);  // [..,w] -> [..,w]

 private:
  torch::nn::Linear expand_{nullptr}, contract_{nullptr};
  PackedLinear packed_expand_, packed_contract_;
};

struct EncoderOptions {
  int64_t width = 1024;   // d
  int64_t heads = 8;      // H
  int64_t hidden = 1024;  // of the feed-forward layer
  int64_t layers = 1;     // M
  Residual residual = Residual::kBranch;
};

// One step k of Eq. 2 and 4.
class EncoderLayer : public torch::nn::Module {
 public:
  explicit EncoderLayer(const EncoderOptions& options);

  at::Tensor Forward(const at::Tensor& x, const at::Tensor& allowed = {});  // [N,T,d] -> [N,T,d]

  // What the attention sees of x: LN(x) with kPreNorm, else x.
  at::Tensor AttentionInput(const at::Tensor& x);
  // Its two lines, for a caller that computed the attention itself; that may be one
  // row per token, or one ([N,1,d]) for all tokens of a sequence.
  at::Tensor AfterAttention(const at::Tensor& attention, const at::Tensor& x);  // X'
  at::Tensor AfterNorm(const at::Tensor& x1);                                   // X from X'
  MultiHeadAttention& attention() { return *attention_; }

 private:
  Residual residual_;
  std::shared_ptr<MultiHeadAttention> attention_;
  torch::nn::LayerNorm attention_norm_{nullptr}, ffn_norm_{nullptr};
  std::shared_ptr<FeedForward> ffn_;
};

// `options.layers` layers as submodules of `owner`: prefix + "0", prefix + "1", ...
std::vector<std::shared_ptr<EncoderLayer>> RegisterLayers(torch::nn::Module& owner, const std::string& prefix,
                                                          const EncoderOptions& options);

}  // namespace mrsn

#endif  // MRSN_MRSN_HEAD_ATTENTION_BLOCK_H_

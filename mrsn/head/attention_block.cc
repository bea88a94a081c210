#include "mrsn/head/attention_block.h"

#include <ATen/ATen.h>

#include <cmath>
#include <optional>

namespace mrsn {

MultiHeadAttention::MultiHeadAttention(const AttentionOptions& options)
    : heads_(options.heads), inner_width_(options.inner_width > 0 ? options.inner_width : options.width) {
  TORCH_CHECK(inner_width_ % heads_ == 0, "attention: inner width ", inner_width_, " is not a multiple of ",
              heads_, " heads");
  scale_ = 1 / std::sqrt(static_cast<double>(inner_width_ / heads_));
  in_proj_weight_ = register_parameter("in_proj_weight", torch::empty({3 * inner_width_, options.width}));
  in_proj_bias_ = register_parameter("in_proj_bias", torch::zeros({3 * inner_width_}));
  out_proj_ = register_module("out_proj", torch::nn::Linear(inner_width_, options.width));
  // torch.nn.MultiheadAttention's start: Xavier over the packed matrix, no biases.
  at::NoGradGuard no_grad;
  const double bound = std::sqrt(6.0 / static_cast<double>(3 * inner_width_ + options.width));
  in_proj_weight_.uniform_(-bound, bound);
  out_proj_->bias.zero_();
}

at::Tensor MultiHeadAttention::Project(PackedLinear& linear, const at::Tensor& x, int64_t begin,
                                       int64_t end) {
  const int64_t c = inner_width_;
  return linear(x, in_proj_weight_.slice(0, begin * c, end * c), in_proj_bias_.slice(0, begin * c, end * c));
}

at::Tensor MultiHeadAttention::OutProject(const at::Tensor& x) {
  return out_(x, out_proj_->weight, out_proj_->bias);
}

at::Tensor MultiHeadAttention::SelfAttention(const at::Tensor& x, const at::Tensor& allowed) {
  const auto qkv = Project(qkv_, x, 0, 3).chunk(3, -1);
  return Attend(qkv[0], qkv[1], qkv[2], allowed);
}

at::Tensor MultiHeadAttention::CrossAttention(const at::Tensor& x, const at::Tensor& y,
                                              const at::Tensor& allowed) {
  const auto kv = Project(kv_, y, 1, 3).chunk(2, -1);
  return Attend(Project(q_, x, 0, 1), kv[0], kv[1], allowed);
}

at::Tensor MultiHeadAttention::SingleKeyAttention(const at::Tensor& y) {
  return OutProject(Project(v_, y, 2, 3));
}

at::Tensor MultiHeadAttention::SingleQueryAttention(const at::Tensor& x, const at::Tensor& y) {
  const int64_t c = inner_width_, e = c / heads_;
  const auto maps = in_proj_weight_.slice(0, c).unflatten(0, {2, heads_, e}).unbind(0);          // W^K, W^V
  const at::Tensor q = Project(q_, x, 0, 1).unflatten(1, {heads_, e}).transpose(0, 1) * scale_;  // [H,N,e]
  const at::Tensor mapped = at::bmm(q, maps[0]).transpose(0, 1);                                 // [N,H,w]
  const at::Tensor weights = at::bmm(mapped, y.transpose(1, 2)).softmax(2);                      // [N,H,S]
  const at::Tensor sums = at::bmm(weights, y).transpose(0, 1);                                   // [H,N,w]
  const at::Tensor values = at::bmm(sums, maps[1].transpose(1, 2)).transpose(0, 1);              // [N,H,e]
  return OutProject(values.flatten(1) + in_proj_bias_.slice(0, 2 * c));
}

std::pair<at::Tensor, at::Tensor> MultiHeadAttention::ActorContextAttention(const at::Tensor& actors,
                                                                            const at::Tensor& context,
                                                                            const at::Tensor& clip_index) {
  const int64_t B = context.size(0), L = context.size(1), e = inner_width_ / heads_;
  const auto project = [&](const at::Tensor& rows) {  // queries, keys, values, each [H,rows,e]
    return Project(qkv_, rows, 0, 3).unflatten(1, {3, heads_, e}).permute({1, 2, 0, 3}).unbind(0);
  };
  const auto by_clip = [&](const at::Tensor& t, int64_t dim) { return t.unflatten(dim, {B, L}); };
  const auto of_context = project(context.flatten(0, 1)), of_actors = project(actors);
  const at::Tensor q = of_context[0] * scale_, k = of_context[1], v = of_context[2];  // [H,BL,e]
  const at::Tensor q_actor = of_actors[0] * scale_, k_actor = of_actors[1],
                   v_actor = of_actors[2];  // [H,N,e]

  // c: the context tokens' attention to those of their clip.
  const at::Tensor scores = at::matmul(by_clip(q, 1), by_clip(k, 1).transpose(2, 3));  // [H,B,L,L]
  const at::Tensor largest = scores.detach().amax(3, /*keepdim=*/true);  // cancels, so needs no gradient
  const at::Tensor terms = (scores - largest).exp(), sum = terms.sum(3, /*keepdim=*/true);
  const at::Tensor c = at::matmul(terms / sum, by_clip(v, 1)).flatten(1, 2);  // [H,BL,e]

  // a and 1 - a for all tokens and all actors, both 0 where those are of different
  // clips: a mask, not indices, keeps clips apart, as in AARE.
  const at::Tensor elsewhere = at::arange(B, clip_index.options()).view({B, 1, 1}) != clip_index;  // [B,1,N]
  const at::Tensor log_odds =
      by_clip(at::bmm(q, k_actor.transpose(1, 2)), 1) - (sum.log() + largest);  // [H,B,L,N]
  const at::Tensor a = log_odds.sigmoid().masked_fill(elsewhere, 0);
  const at::Tensor rest = log_odds.neg().sigmoid().masked_fill(elsewhere, 0);  // more exact than 1 - a

  // Head by head W^O c and W^O v, then the mixture.
  const at::Tensor out = out_proj_->weight.unflatten(1, {heads_, e}).permute({1, 2, 0});  // [H,e,w]
  const at::Tensor out_c = by_clip(at::bmm(c, out), 1).flatten(0, 1).transpose(0, 1);     // [L,HB,w]
  const at::Tensor out_v = at::bmm(v_actor, out).transpose(0, 1);                         // [N,H,w]
  const at::Tensor mixed_c = at::bmm(rest.permute({2, 3, 0, 1}).flatten(2), out_c);       // [L,N,w]
  const at::Tensor to_context =
      at::baddbmm(mixed_c.transpose(0, 1) + out_proj_->bias, a.sum(1).permute({2, 1, 0}), out_v);  // [N,L,w]

  // The actor's own query has the actor's key and the context's.
  const at::Tensor seen = by_clip(at::bmm(q_actor, k.transpose(1, 2)), 2)
                              .masked_fill(elsewhere.permute({2, 0, 1}), -INFINITY)
                              .flatten(2);  // [H,N,BL]
  const at::Tensor itself = (q_actor * k_actor).sum(2, /*keepdim=*/true);
  const at::Tensor weights = at::cat({itself, seen}, 2).softmax(2);                             // [H,N,1+BL]
  const at::Tensor heads = weights.slice(2, 0, 1) * v_actor + at::bmm(weights.slice(2, 1), v);  // [H,N,e]
  return {OutProject(heads.transpose(0, 1).flatten(1)), to_context};
}

at::Tensor MultiHeadAttention::Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                      const at::Tensor& allowed) {
  const auto split = [&](const at::Tensor& t) {  // [N,T,c] -> [N,H,T,c/H]
    return t.unflatten(2, {heads_, inner_width_ / heads_}).transpose(1, 2);
  };
  const std::optional<at::Tensor> mask = allowed.defined() ? std::optional(allowed) : std::nullopt;
  const at::Tensor heads = at::scaled_dot_product_attention(split(q), split(k), split(v), mask);
  return OutProject(heads.transpose(1, 2).flatten(2));  // [N,Q,w]
}

FeedForward::FeedForward(int64_t width, int64_t hidden)
    : expand_(register_module("expand", torch::nn::Linear(width, hidden))),
      contract_(register_module("contract", torch::nn::Linear(hidden, width))) {}

at::Tensor FeedForward::Forward(const at::Tensor& x) {
  at::Tensor hidden = packed_expand_(x, expand_->weight, expand_->bias);
  // In place where no gradient needs the argument.
  hidden = at::GradMode::is_enabled() ? at::gelu(hidden) : at::gelu_(hidden);
  return packed_contract_(hidden, contract_->weight, contract_->bias);
}

EncoderLayer::EncoderLayer(const EncoderOptions& options)
    : residual_(options.residual),
      attention_(register_module("attention", std::make_shared<MultiHeadAttention>(AttentionOptions{
                                                  options.width, options.heads, options.width}))),
      attention_norm_(register_module("attention_norm",
                                      torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.width})))),
      ffn_norm_(
          register_module("ffn_norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.width})))),
      ffn_(register_module("ffn", std::make_shared<FeedForward>(options.width, options.hidden))) {}

at::Tensor EncoderLayer::Forward(const at::Tensor& x, const at::Tensor& allowed) {
  return AfterNorm(AfterAttention(attention_->SelfAttention(AttentionInput(x), allowed), x));
}

at::Tensor EncoderLayer::AttentionInput(const at::Tensor& x) {
  return residual_ == Residual::kPreNorm ? attention_norm_(x) : x;
}

at::Tensor EncoderLayer::AfterAttention(const at::Tensor& attention, const at::Tensor& x) {
  if (residual_ == Residual::kPreNorm) return attention + x;
  if (residual_ == Residual::kPostNorm) return attention_norm_(attention + x);
  const at::Tensor x1 = attention_norm_(attention);
  return x1.sizes() == x.sizes() ? x1.add_(x) : x1 + x;  // a norm's gradient does not need its result
}

at::Tensor EncoderLayer::AfterNorm(const at::Tensor& x1) {
  if (residual_ == Residual::kPreNorm) return ffn_->Forward(ffn_norm_(x1)) + x1;
  if (residual_ == Residual::kPostNorm) return ffn_norm_(ffn_->Forward(x1) + x1);
  return ffn_norm_(ffn_->Forward(x1)).add_(x1);
}

std::vector<std::shared_ptr<EncoderLayer>> RegisterLayers(torch::nn::Module& owner, const std::string& prefix,
                                                          const EncoderOptions& options) {
  std::vector<std::shared_ptr<EncoderLayer>> layers;
  for (int64_t k = 0; k < options.layers; ++k) {
    layers.push_back(
        owner.register_module(prefix + std::to_string(k), std::make_shared<EncoderLayer>(options)));
  }
  return layers;
}

}  // namespace mrsn

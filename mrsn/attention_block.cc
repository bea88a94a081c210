#include "mrsn/attention_block.h"

#include <ATen/ATen.h>

#include <cmath>
#include <optional>

namespace mrsn {

MultiHeadAttention::MultiHeadAttention(const AttentionOptions& options)
    : heads_(options.heads), inner_width_(options.inner_width > 0 ? options.inner_width : options.width) {
  TORCH_CHECK(inner_width_ % heads_ == 0, "attention: inner width ", inner_width_, " is not a multiple of ",
              heads_, " heads");
  in_proj_weight_ = register_parameter("in_proj_weight", torch::empty({3 * inner_width_, options.width}));
  in_proj_bias_ = register_parameter("in_proj_bias", torch::zeros({3 * inner_width_}));
  out_proj_ = register_module("out_proj", torch::nn::Linear(inner_width_, options.width));
  // torch.nn.MultiheadAttention's start: Xavier over the packed matrix, no biases.
  at::NoGradGuard no_grad;
  const double bound = std::sqrt(6.0 / static_cast<double>(3 * inner_width_ + options.width));
  in_proj_weight_.uniform_(-bound, bound);
  out_proj_->bias.zero_();
}

at::Tensor MultiHeadAttention::ProjectPacked(const at::Tensor& x) {
  return at::linear(x, in_proj_weight_, in_proj_bias_);
}

at::Tensor MultiHeadAttention::AttendPacked(const at::Tensor& packed, const at::Tensor& allowed) {
  const auto qkv = packed.chunk(3, -1);
  return Attend(qkv[0], qkv[1], qkv[2], allowed);
}

at::Tensor MultiHeadAttention::SelfAttention(const at::Tensor& x, const at::Tensor& allowed) {
  return AttendPacked(ProjectPacked(x), allowed);
}

at::Tensor MultiHeadAttention::CrossAttention(const at::Tensor& x, const at::Tensor& y,
                                              const at::Tensor& allowed) {
  const int64_t c = inner_width_;
  const at::Tensor q = at::linear(x, in_proj_weight_.slice(0, 0, c), in_proj_bias_.slice(0, 0, c));
  const auto kv = at::linear(y, in_proj_weight_.slice(0, c), in_proj_bias_.slice(0, c)).chunk(2, -1);
  return Attend(q, kv[0], kv[1], allowed);
}

at::Tensor MultiHeadAttention::SingleKeyAttention(const at::Tensor& y) {
  const int64_t c = inner_width_;
  return out_proj_(at::linear(y, in_proj_weight_.slice(0, 2 * c), in_proj_bias_.slice(0, 2 * c)));
}

at::Tensor MultiHeadAttention::Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                      const at::Tensor& allowed) {
  const auto split = [&](const at::Tensor& t) {  // [N,T,c] -> [N,H,T,c/H]
    return t.unflatten(2, {heads_, inner_width_ / heads_}).transpose(1, 2);
  };
  const std::optional<at::Tensor> mask = allowed.defined() ? std::optional(allowed) : std::nullopt;
  const at::Tensor heads = at::scaled_dot_product_attention(split(q), split(k), split(v), mask);
  return out_proj_(heads.transpose(1, 2).flatten(2));  // [N,Q,w]
}

FeedForward::FeedForward(int64_t width, int64_t hidden)
    : expand_(register_module("expand", torch::nn::Linear(width, hidden))),
      contract_(register_module("contract", torch::nn::Linear(hidden, width))) {}

at::Tensor FeedForward::Forward(const at::Tensor& x) { return contract_(at::gelu(expand_(x))); }

EncoderLayer::EncoderLayer(const EncoderOptions& options)
    : attention_(register_module("attention", std::make_shared<MultiHeadAttention>(AttentionOptions{
                                                  options.width, options.heads, options.width}))),
      attention_norm_(register_module("attention_norm",
                                      torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.width})))),
      ffn_norm_(
          register_module("ffn_norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.width})))),
      ffn_(register_module("ffn", std::make_shared<FeedForward>(options.width, options.hidden))) {}

at::Tensor EncoderLayer::Forward(const at::Tensor& x, const at::Tensor& allowed) {
  return AfterAttention(attention_->SelfAttention(x, allowed), x);
}

at::Tensor EncoderLayer::AfterAttention(const at::Tensor& attention, const at::Tensor& x) {
  const at::Tensor x1 = attention_norm_(attention) + x;
  return ffn_norm_(ffn_->Forward(x1)) + x1;
}

}  // namespace mrsn

#include "mrsn/head/rcm_long.h"

#include <ATen/ATen.h>

#include "mrsn/head/clip_mask.h"
#include "mrsn/head/random_embedding.h"
#include "mrsn/head/window_of_batch.h"

namespace mrsn {

LongTermSupport::LongTermSupport(const LongTermSupportOptions& options)
    : options_(options),
      attention_(register_module("attention", std::make_shared<MultiHeadAttention>(AttentionOptions{
                                                  options.width, options.heads, options.inner_width}))),
      norm_(register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.width})))) {
  if (options.distance_embedding) {
    distance_embedding_ = register_parameter(
        "distance_embedding", RandomEmbedding({2 * options.window_seconds + 1, options.width}));
  }
  if (options.bank_width > 0) {
    bank_map_ = register_module("bank_map", torch::nn::Linear(options.bank_width, options.width));
  }
}

int64_t LongTermSupport::BankWidth() const {
  return options_.bank_width > 0 ? options_.bank_width : options_.width;
}

at::Tensor LongTermSupport::Keys(const LongTermWindow& bank) {
  CheckWidth(bank, BankWidth());
  const at::Tensor entries = bank_map_ ? bank_map_(bank.features) : bank.features;  // [M,g]
  if (!distance_embedding_.defined()) return entries;
  return entries + distance_embedding_.index_select(0, bank.offset + options_.window_seconds);
}

at::Tensor LongTermSupport::InWindow(const at::Tensor& clip_index, const LongTermWindow& bank) const {
  const at::Tensor same_clip = SameClip(clip_index, bank.clip_index);
  return options_.own_second ? same_clip : same_clip & (bank.offset != 0);
}

at::Tensor LongTermSupport::Forward(const at::Tensor& G, const at::Tensor& clip_index,
                                    const LongTermWindow& bank) {
  const LongTermWindow window = WindowOfBatch(bank, BankWidth(), G.options());
  if (window.empty()) return G;
  const at::Tensor keys = Keys(window);                       // [M,g]
  const at::Tensor in_window = InWindow(clip_index, window);  // [N,M]
  // A person whose window is empty sees every key, only so that its softmax has a
  // value; the value is then multiplied by 0.
  const at::Tensor has_window = in_window.any(1, /*keepdim=*/true);  // [N,1]
  const at::Tensor attention =
      attention_->CrossAttention(G.unsqueeze(0), keys.unsqueeze(0), in_window | ~has_window).squeeze(0);
  return norm_(attention) * has_window + G;  // [N,g]
}

}  // namespace mrsn

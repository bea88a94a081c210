#include "mrsn/head/rcm_long.h"

#include <ATen/ATen.h>

#include "mrsn/head/clip_mask.h"
#include "mrsn/head/random_embedding.h"
#include "mrsn/head/window_of_batch.h"

namespace mrsn {

LongTermSupport::LongTermSupport(const LongTermSupportOptions& options)
    : window_seconds_(options.window_seconds),
      attention_(register_module("attention", std::make_shared<MultiHeadAttention>(AttentionOptions{
                                                  options.width, options.heads, options.inner_width}))),
      norm_(register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.width})))),
      distance_embedding_(register_parameter(
          "distance_embedding", RandomEmbedding({2 * options.window_seconds + 1, options.width}))) {}

at::Tensor LongTermSupport::Forward(const at::Tensor& G, const at::Tensor& clip_index,
                                    const LongTermWindow& bank) {
  const LongTermWindow window = WindowOfBatch(bank, G.size(1), G.options());
  if (window.empty()) return G;
  CheckWidth(window, G.size(1));
  const at::Tensor keys =
      window.features + distance_embedding_.index_select(0, window.offset + window_seconds_);  // [M,g]
  const at::Tensor in_window = SameClip(clip_index, window.clip_index);                        // [N,M]
  // A person whose window is empty sees every key, only so that its softmax has a
  // value; the value is then multiplied by 0.
  const at::Tensor has_window = in_window.any(1, /*keepdim=*/true);  // [N,1]
  const at::Tensor attention =
      attention_->CrossAttention(G.unsqueeze(0), keys.unsqueeze(0), in_window | ~has_window).squeeze(0);
  return norm_(attention) * has_window + G;  // [N,g]
}

}  // namespace mrsn

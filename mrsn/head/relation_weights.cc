#include "mrsn/head/relation_weights.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "mrsn/head/clip_mask.h"

namespace mrsn {
namespace {

at::Tensor Tapped(const Taps& taps, const std::string& name) {
  for (const auto& [tap, tensor] : taps) {
    if (tap == name) return tensor;
  }
  TORCH_CHECK(false, "relation weights: no tap ", name);
}

// Softmax((x W^Q + b^Q) (y W^K + b^K)^T / sqrt(c/H)) of the attention `name`, averaged over its heads. x
// [N,w], y [S,w], allowed bool [N,S] -> [N,S].
at::Tensor Weights(const MrsnHead& head, const std::string& name, const at::Tensor& x, const at::Tensor& y,
                   const at::Tensor& allowed) {
  const auto parameters = head.named_parameters();
  const auto weight = parameters[name + ".in_proj_weight"].chunk(3, 0);  // W^Q, W^K, W^V: [c,w]
  const auto bias = parameters[name + ".in_proj_bias"].chunk(3, 0);
  const int64_t heads = head.options().mrse.heads, width = weight[0].size(0) / heads;
  const auto split = [&](const at::Tensor& tokens, int part) {  // [H,rows,c/H]
    return at::linear(tokens, weight[part], bias[part]).unflatten(1, {heads, width}).transpose(0, 1);
  };
  const at::Tensor scores =
      at::bmm(split(x, 0), split(y, 1).transpose(1, 2)) / std::sqrt(static_cast<double>(width));  // [H,N,S]
  return scores.masked_fill(~allowed, -INFINITY).softmax(2).mean(0);
}

at::Tensor ContextWeights(const MrsnHead& head, const DetectorInput& input, const Taps& taps) {
  const at::Tensor context = Tapped(taps, "R_context");  // [B,L,d]
  const int64_t B = context.size(0), L = context.size(1), N = input.clip_index.size(0);
  const at::Tensor actors = Tapped(taps, "R_actor") + head.named_parameters()["embedder.actor_embedding"];
  const at::Tensor clips = at::arange(B, input.clip_index.options()).repeat_interleave(L);  // [BL]
  const at::Tensor itself = at::eye(N, input.clip_index.options().dtype(at::kBool));
  const at::Tensor allowed = at::cat({itself, SameClip(input.clip_index, clips)}, 1);  // [N,N+BL]
  const at::Tensor weights = Weights(head, "mrse0.acre.layer0.attention", actors,
                                     at::cat({actors, context.flatten(0, 1)}, 0), allowed);
  // Those of other clips are 0.
  return weights.slice(1, N).unflatten(1, {B, L}).sum(1);  // [N,L]
}

at::Tensor PersonWeights(const MrsnHead& head, const DetectorInput& input, const Taps& taps) {
  const auto position = head.named_children()["actor_position"];
  const at::Tensor actors = Tapped(taps, "R_actor") + position->as<ActorPosition>()->Forward(input.boxes);
  return Weights(head, "mrse0.aare.layer0.attention", actors, actors,
                 SameClip(input.clip_index, input.clip_index));
}

at::Tensor EntryWeights(const MrsnHead& head, const DetectorInput& input, const Taps& taps) {
  const LongTermWindow& bank = input.bank;
  const at::Tensor G = Tapped(taps, "G");
  if (bank.empty()) return at::zeros({G.size(0), 0}, G.options());
  const at::Tensor distances = head.named_parameters()["long_term.distance_embedding"];
  const at::Tensor keys =
      bank.features + distances.index_select(0, bank.offset + head.options().long_term->window_seconds);
  const at::Tensor in_window = SameClip(input.clip_index, bank.clip_index);  // [N,M]
  // A softmax over nothing has no value.
  return Weights(head, "long_term.attention", G, keys, in_window).masked_fill(~in_window, 0);
}

}  // namespace

RelationWeights RelationWeightsOf(MrsnHead& head, const DetectorInput& input, const Taps& taps) {
  const at::NoGradGuard no_grad;
  RelationWeights weights;
  if (head.options().mrse.acre_layers > 0) weights.context = ContextWeights(head, input, taps);
  if (head.options().mrse.aare_layers > 0) weights.persons = PersonWeights(head, input, taps);
  if (head.options().long_term) weights.entries = EntryWeights(head, input, taps);
  return weights;
}

}  // namespace mrsn

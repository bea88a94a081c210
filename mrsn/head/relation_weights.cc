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

// x [..,d] as the attention of the encoder layer `layer` sees it.
at::Tensor Seen(const MrsnHead& head, const std::string& layer, const at::Tensor& x) {
  if (head.options().mrse.residual != Residual::kPreNorm) return x;
  const auto parameters = head.named_parameters();
  return at::layer_norm(x, {x.size(-1)}, parameters[layer + ".attention_norm.weight"],
                        parameters[layer + ".attention_norm.bias"]);
}

// R_A with the embedding of the person's place, if the head has one.
at::Tensor InPlace(const MrsnHead& head, const std::string& position, const at::Tensor& actors,
                   const DetectorInput& input) {
  const auto children = head.named_children();
  if (!children.contains(position)) return actors;
  return actors + children[position]->as<ActorPosition>()->Forward(input.boxes);
}

at::Tensor ContextWeights(const MrsnHead& head, const DetectorInput& input, const Taps& taps) {
  const at::Tensor context = Tapped(taps, "R_context");  // [B,L,d]
  const int64_t B = context.size(0), L = context.size(1), N = input.clip_index.size(0);
  const std::string layer = "mrse0.acre.layer0";
  const at::Tensor with_place = InPlace(head, "acre_position", Tapped(taps, "R_actor"), input);
  const at::Tensor actors =
      Seen(head, layer, with_place + head.named_parameters()["embedder.actor_embedding"]);
  const at::Tensor clips = at::arange(B, input.clip_index.options()).repeat_interleave(L);  // [BL]
  const at::Tensor itself = at::eye(N, input.clip_index.options().dtype(at::kBool));
  const at::Tensor allowed = at::cat({itself, SameClip(input.clip_index, clips)}, 1);  // [N,N+BL]
  const at::Tensor weights = Weights(head, layer + ".attention", actors,
                                     at::cat({actors, Seen(head, layer, context.flatten(0, 1))}, 0), allowed);
  // Those of other clips are 0.
  return weights.slice(1, N).unflatten(1, {B, L}).sum(1);  // [N,L]
}

at::Tensor PersonWeights(const MrsnHead& head, const DetectorInput& input, const Taps& taps) {
  const std::string layer = "mrse0.aare.layer0";
  const at::Tensor actors =
      Seen(head, layer, InPlace(head, "actor_position", Tapped(taps, "R_actor"), input));
  return Weights(head, layer + ".attention", actors, actors, SameClip(input.clip_index, input.clip_index));
}

at::Tensor EntryWeights(const MrsnHead& head, const DetectorInput& input, const Taps& taps) {
  const LongTermWindow& bank = input.bank;
  const at::Tensor G = Tapped(taps, "G");
  if (bank.empty()) return at::zeros({G.size(0), 0}, G.options());
  auto* support = head.named_children()["long_term"]->as<LongTermSupport>();
  const at::Tensor in_window = support->InWindow(input.clip_index, bank);  // [N,M]
  // A softmax over nothing has no value.
  return Weights(head, "long_term.attention", G, support->Keys(bank), in_window).masked_fill(~in_window, 0);
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

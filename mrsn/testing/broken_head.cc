#include "mrsn/testing/broken_head.h"

#include <ATen/ATen.h>

#include <string>

#include "mrsn/head/actor_position.h"
#include "mrsn/head/attention_block.h"
#include "mrsn/head/clip_mask.h"
#include "mrsn/head/consensus_mlp.h"
#include "mrsn/head/rcm_short.h"
#include "mrsn/head/token_embedder.h"

namespace mrsn {
namespace {

template <typename Part>
Part& PartOf(const RelationHead& head, const std::string& name) {
  const auto parts = head.named_modules("", /*include_self=*/false);
  TORCH_CHECK(parts.contains(name), "the head has no ", name);
  Part* const part = parts[name]->as<Part>();
  TORCH_CHECK(part != nullptr, name, " is of another kind");
  return *part;
}

// What follows a layer's attention to x.
at::Tensor Rest(EncoderLayer& layer, const at::Tensor& attention, const at::Tensor& x, bool residuals) {
  const at::Tensor x1 = layer.AfterAttention(attention, residuals ? x : at::zeros_like(x));
  const at::Tensor sum = layer.AfterNorm(x1);
  return residuals ? sum : sum - x1;
}

}  // namespace

at::Tensor LogitsWithFault(const RelationHead& head, const HeadInput& input, HeadFault fault) {
  const at::NoGradGuard no_grad;
  TORCH_CHECK(!head.named_modules().contains("mrse0.rse") && !head.named_modules().contains("long_term"),
              "the head has more than ACRE and AARE");
  auto& embedder = PartOf<TokenEmbedder>(head, "embedder");
  auto& acre = PartOf<EncoderLayer>(head, "mrse0.acre.layer0");
  auto& aare = PartOf<EncoderLayer>(head, "mrse0.aare.layer0");
  const bool residuals = fault != HeadFault::kNoResiduals;
  const at::Tensor tokens = embedder.ActorTokens(input.actors);
  const at::Tensor actors = tokens + embedder.actor_embedding();
  const at::Tensor context = embedder.ContextTokens(input.features);
  const at::Tensor own_context = context.index_select(0, input.clip_index);
  const at::Tensor in_place =
      tokens + PartOf<ActorPosition>(head, "actor_position").Forward(input.boxes);  // [N,d]

  Relations relations;
  if (fault == HeadFault::kNoAcre) {
    relations.X = at::cat({actors.unsqueeze(1), own_context}, 1);
  } else {
    const auto [to_actors, to_context] =
        acre.attention().ActorContextAttention(actors, context, input.clip_index);
    relations.X = at::cat({Rest(acre, to_actors, actors, residuals).unsqueeze(1),
                           Rest(acre, to_context, own_context, residuals)},
                          1);
  }
  if (fault == HeadFault::kNoAare) {
    relations.Y = in_place;
  } else {
    const at::Tensor sequence = in_place.unsqueeze(0);
    const at::Tensor attention =
        aare.attention().SelfAttention(sequence, SameClip(input.clip_index, input.clip_index));
    relations.Y = Rest(aare, attention, sequence, residuals).squeeze(0);
  }
  return PartOf<ConsensusMlp>(head, "mlp").Forward(RelationFeatures(relations));
}

}  // namespace mrsn

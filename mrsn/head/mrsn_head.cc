#include "mrsn/head/mrsn_head.h"

#include <ATen/ATen.h>

#include <string>

#include "mrsn/head/clip_mask.h"
#include "mrsn/model_factory.h"

namespace mrsn {
namespace {

const RegisteredHead<MrsnHead, MrsnHeadOptions> kRegistered;

}  // namespace

MrsnHead::MrsnHead(const MrsnHeadOptions& options) : options_(options) {
  const bool acre = options.mrse.acre_layers > 0, aare = options.mrse.aare_layers > 0;
  TORCH_CHECK(acre || aare, "MrsnHead needs ACRE or AARE; without either, use LinearHead");
  TokenEmbedderOptions embedder;
  embedder.channels = options.channels;
  embedder.width = options.mrse.width;
  embedder.support_size = options.support_size;
  embedder.patch_size = options.patch_size;
  embedder.roi_size = options.roi_size;
  embedder.actor_token = options.actor_token;
  embedder.context = acre;
  embedder_ = register_module("embedder", std::make_shared<TokenEmbedder>(embedder));
  const int64_t grid = options.support_size / options.patch_size;
  if (aare && options.position_in_aare) {
    actor_position_ =
        register_module("actor_position", std::make_shared<ActorPosition>(grid, options.mrse.width));
  }
  if (acre && options.position_in_acre) {
    acre_position_ =
        register_module("acre_position", std::make_shared<ActorPosition>(grid, options.mrse.width));
  }
  for (int64_t b = 0; b < options.blocks; ++b) {
    blocks_.push_back(register_module("mrse" + std::to_string(b), std::make_shared<Mrse>(options.mrse)));
  }
  const int64_t g = NeedsOf(options).relation_width;
  if (options.long_term) {
    const MrsnLongTermOptions& long_term = *options.long_term;
    long_term_ = register_module(
        "long_term", std::make_shared<LongTermSupport>(LongTermSupportOptions{
                         g, long_term.inner_width, options.mrse.heads, long_term.window_seconds,
                         long_term.distance_embedding, long_term.own_second, long_term.bank_width}));
  }
  mlp_ = register_module(
      "mlp", std::make_shared<ConsensusMlp>(ConsensusMlpOptions{g, options.mrse.width, options.classes,
                                                                options.mlp_layers, options.dropout}));
}

HeadOutput MrsnHead::Forward(const HeadInput& input, Taps* taps) {
  RelationTokens tokens;
  const at::Tensor actors = embedder_->ActorTokens(input.actors);  // [N,d]
  if (options_.mrse.acre_layers > 0) {
    tokens.context = embedder_->ContextTokens(input.features);  // [B,L,d]
    tokens.actors_in_context = actors + embedder_->actor_embedding();
    if (acre_position_) tokens.actors_in_context += acre_position_->Forward(input.boxes);
  }
  at::Tensor same_clip;
  if (options_.mrse.aare_layers > 0) {
    tokens.actors_in_place = actor_position_ ? actors + actor_position_->Forward(input.boxes) : actors;
    same_clip = SameClip(input.clip_index, input.clip_index);
  }
  Note(taps, "R_context", tokens.context);
  Note(taps, "R_actor", actors);

  Relations relations = blocks_.front()->ForwardFromTokens(tokens, input.clip_index, same_clip);
  for (size_t b = 1; b < blocks_.size(); ++b) relations = blocks_[b]->Forward(relations, same_clip);
  Note(taps, "X", relations.X);
  Note(taps, "Y", relations.Y);

  HeadOutput output;
  output.G = RelationFeatures(relations);  // [N,g]
  Note(taps, "G", output.G);
  at::Tensor consensus = output.G;
  if (long_term_) {
    consensus = long_term_->Forward(output.G, input.clip_index, input.bank);
    Note(taps, "G_long", consensus);
  }
  output.logits = mlp_->Forward(consensus);
  return output;
}

}  // namespace mrsn

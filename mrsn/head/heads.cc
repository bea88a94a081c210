// The consensus modules (rcm_short.h, rcm_long.h) and the heads made with them
// (mrsn_head.h, linear_head.h); one translation unit, see mrse.cc.
#include <ATen/ATen.h>

#include <string>

#include "mrsn/head/linear_head.h"
#include "mrsn/head/mrsn_head.h"
#include "mrsn/roi_features.h"

namespace mrsn {
namespace {

torch::nn::Linear MakeClassifier(int64_t input, int64_t classes) {
  torch::nn::Linear classifier(input, classes);
  at::NoGradGuard no_grad;
  classifier->weight.normal_(0, 0.01);
  classifier->bias.zero_();
  return classifier;
}

}  // namespace

at::Tensor RelationFeatures(const Relations& relations) {
  std::vector<at::Tensor> parts;
  if (relations.X.defined()) {
    parts.push_back(relations.X.select(1, 0));         // X_A [N,d]
    parts.push_back(relations.X.slice(1, 1).mean(1));  // X_C [N,d]
  }
  if (relations.Y.defined()) parts.push_back(relations.Y);
  return at::cat(parts, 1);
}

ConsensusMlp::ConsensusMlp(const ConsensusMlpOptions& options) : dropout_(options.dropout) {
  TORCH_CHECK(options.layers == 1 || options.layers == 2, "consensus MLP: 1 or 2 layers, not ",
              options.layers);
  if (options.layers == 2) {
    hidden_ = register_module("hidden", torch::nn::Linear(options.input, options.hidden));
  }
  classifier_ = register_module(
      "classifier", MakeClassifier(options.layers == 2 ? options.hidden : options.input, options.classes));
}

at::Tensor ConsensusMlp::Forward(at::Tensor g) {
  if (hidden_) g = at::gelu(packed_hidden_(g, hidden_->weight, hidden_->bias));
  return packed_classifier_(at::dropout(g, dropout_, is_training()), classifier_->weight, classifier_->bias);
}

LongTermSupport::LongTermSupport(const LongTermSupportOptions& options)
    : window_seconds_(options.window_seconds),
      attention_(register_module("attention", std::make_shared<MultiHeadAttention>(AttentionOptions{
                                                  options.width, options.heads, options.inner_width}))),
      norm_(register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.width})))),
      distance_embedding_(register_parameter(
          "distance_embedding", torch::randn({2 * options.window_seconds + 1, options.width}) * 0.02)) {}

at::Tensor LongTermSupport::Forward(const at::Tensor& G, const at::Tensor& clip_index,
                                    const LongTermWindow& bank) {
  if (!bank.features.defined() || bank.features.size(0) == 0) return G;
  TORCH_CHECK(bank.features.dim() == 2 && bank.features.size(1) == G.size(1),
              "bank features: expected width ", G.size(1), ", got ", bank.features.sizes());
  const at::Tensor keys =
      bank.features + distance_embedding_.index_select(0, bank.offset + window_seconds_);  // [M,g]
  const at::Tensor in_window = SameClip(clip_index, bank.clip_index);                      // [N,M]
  // A person whose window is empty sees every key, only so that its softmax has a
  // value; the value is then multiplied by 0.
  const at::Tensor has_window = in_window.any(1, /*keepdim=*/true);  // [N,1]
  const at::Tensor attention =
      attention_->CrossAttention(G.unsqueeze(0), keys.unsqueeze(0), in_window | ~has_window).squeeze(0);
  return norm_(attention) * has_window + G;  // [N,g]
}

LinearHead::LinearHead(const LinearHeadOptions& options)
    : options_(options),
      classifier_(register_module("classifier", MakeClassifier(options.channels, options.classes))) {}

HeadOutput LinearHead::Forward(const HeadInput& input) {
  const auto drop = [&](const at::Tensor& x, bool here) {
    return here ? at::dropout(x, options_.dropout, is_training()) : x;
  };
  HeadOutput output;
  output.G = MaxPoolRoi(drop(input.actors, options_.dropout_before_pool));  // [N,C]
  Note(input.taps, "G", output.G);
  output.logits = classifier_(drop(output.G, !options_.dropout_before_pool));
  return output;
}

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
  if (aare) {
    actor_position_ = register_module(
        "actor_position",
        std::make_shared<ActorPosition>(options.support_size / options.patch_size, options.mrse.width));
  }
  for (int64_t b = 0; b < options.blocks; ++b) {
    blocks_.push_back(register_module("mrse" + std::to_string(b), std::make_shared<Mrse>(options.mrse)));
  }
  if (options.long_term) {
    long_term_ = register_module("long_term", std::make_shared<LongTermSupport>(LongTermSupportOptions{
                                                  relation_width(), options.long_term->inner_width,
                                                  options.mrse.heads, options.long_term->window_seconds}));
  }
  mlp_ = register_module("mlp", std::make_shared<ConsensusMlp>(
                                    ConsensusMlpOptions{relation_width(), options.mrse.width, options.classes,
                                                        options.mlp_layers, options.dropout}));
}

int64_t MrsnHead::relation_width() const {
  return options_.mrse.width *
         ((options_.mrse.acre_layers > 0 ? 2 : 0) + (options_.mrse.aare_layers > 0 ? 1 : 0));
}

HeadOutput MrsnHead::Forward(const HeadInput& input) {
  const auto tap = [&](const char* name, const at::Tensor& tensor) {
    if (input.taps && tensor.defined()) input.taps->emplace_back(name, tensor);
  };
  RelationTokens tokens;
  const at::Tensor actors = embedder_->ActorTokens(input.actors);  // [N,d]
  if (options_.mrse.acre_layers > 0) {
    tokens.context = embedder_->ContextTokens(input.features);  // [B,L,d]
    tokens.actors_in_context = actors + embedder_->actor_embedding();
  }
  at::Tensor same_clip;
  if (actor_position_) {
    tokens.actors_in_place = actors + actor_position_->Forward(input.boxes);
    same_clip = SameClip(input.clip_index, input.clip_index);
  }
  tap("R_context", tokens.context);
  tap("R_actor", actors);

  Relations relations = blocks_.front()->ForwardFromTokens(tokens, input.clip_index, same_clip);
  for (size_t b = 1; b < blocks_.size(); ++b) relations = blocks_[b]->Forward(relations, same_clip);
  tap("X", relations.X);
  tap("Y", relations.Y);

  HeadOutput output;
  output.G = RelationFeatures(relations);  // [N,g]
  tap("G", output.G);
  at::Tensor consensus = output.G;
  if (long_term_) {
    consensus = long_term_->Forward(output.G, input.clip_index, input.bank);
    tap("G_long", consensus);
  }
  output.logits = mlp_->Forward(consensus);
  return output;
}

}  // namespace mrsn

// ACRE, AARE, RSE and their block MRSE: a few lines each on attention_block.h, in
// one translation unit because LibTorch's module headers cost eight seconds a file.
#include "mrsn/head/mrse.h"

#include <ATen/ATen.h>

#include <string>

namespace mrsn {
namespace {

std::vector<std::shared_ptr<EncoderLayer>> MakeLayers(torch::nn::Module& owner, const std::string& prefix,
                                                      const EncoderOptions& options) {
  std::vector<std::shared_ptr<EncoderLayer>> layers;
  for (int64_t k = 0; k < options.layers; ++k) {
    layers.push_back(
        owner.register_module(prefix + std::to_string(k), std::make_shared<EncoderLayer>(options)));
  }
  return layers;
}

}  // namespace

Acre::Acre(const EncoderOptions& options) : layers_(MakeLayers(*this, "layer", options)) {}

at::Tensor Acre::Forward(at::Tensor x) {
  for (const auto& layer : layers_) x = layer->Forward(x);
  return x;
}

at::Tensor Acre::ForwardFromTokens(const at::Tensor& actors, const at::Tensor& context,
                                   const at::Tensor& clip_index) {
  EncoderLayer& first = *layers_.front();
  const auto [to_actors, to_context] = first.attention().ActorContextAttention(actors, context, clip_index);
  at::Tensor x =
      first.AfterNorm(at::cat({first.AfterAttention(to_actors, actors).unsqueeze(1),
                               first.AfterAttention(to_context, context.index_select(0, clip_index))},
                              1));  // [N,L+1,d]
  for (size_t k = 1; k < layers_.size(); ++k) x = layers_[k]->Forward(x);
  return x;
}

Aare::Aare(const EncoderOptions& options) : layers_(MakeLayers(*this, "layer", options)) {}

at::Tensor Aare::Forward(const at::Tensor& y, const at::Tensor& same_clip) {
  at::Tensor sequence = y.unsqueeze(0);  // [1,N,d]
  for (const auto& layer : layers_) sequence = layer->Forward(sequence, same_clip);
  return sequence.squeeze(0);
}

at::Tensor SameClip(const at::Tensor& clips, const at::Tensor& other_clips) {
  return clips.unsqueeze(1) == other_clips.unsqueeze(0);
}

Rse::Rse(const EncoderOptions& options)
    : x_layers_(MakeLayers(*this, "x_layer", options)), y_layers_(MakeLayers(*this, "y_layer", options)) {}

std::pair<at::Tensor, at::Tensor> Rse::Forward(at::Tensor x, at::Tensor y) {
  for (size_t k = 0; k < x_layers_.size(); ++k) {
    // One row per person, the same for all its L+1 tokens: LN works per token, so
    // it, too, is taken once and broadcast by the sum.
    const at::Tensor to_x = x_layers_[k]->attention().SingleKeyAttention(y).unsqueeze(1);  // [N,1,d]
    const at::Tensor to_y = y_layers_[k]->attention().SingleQueryAttention(y, x);          // [N,d]
    x = x_layers_[k]->AfterNorm(x_layers_[k]->AfterAttention(to_x, x));
    y = y_layers_[k]->AfterNorm(y_layers_[k]->AfterAttention(to_y, y));
  }
  return {x, y};
}

Mrse::Mrse(const MrseOptions& options) {
  EncoderOptions encoder = {options.width, options.heads, options.hidden, 0};
  const bool both = options.acre_layers > 0 && options.aare_layers > 0;
  TORCH_CHECK(options.rse_layers == 0 || both, "RSE needs both ACRE and AARE");
  if ((encoder.layers = options.acre_layers))
    acre_ = register_module("acre", std::make_shared<Acre>(encoder));
  if ((encoder.layers = options.aare_layers))
    aare_ = register_module("aare", std::make_shared<Aare>(encoder));
  if ((encoder.layers = options.rse_layers)) rse_ = register_module("rse", std::make_shared<Rse>(encoder));
}

Relations Mrse::ForwardFromTokens(const RelationTokens& tokens, const at::Tensor& clip_index,
                                  const at::Tensor& same_clip) {
  Relations relations;
  if (acre_) relations.X = acre_->ForwardFromTokens(tokens.actors_in_context, tokens.context, clip_index);
  if (aare_) relations.Y = aare_->Forward(tokens.actors_in_place, same_clip);
  return Support(relations);
}

Relations Mrse::Forward(Relations relations, const at::Tensor& same_clip) {
  if (acre_) relations.X = acre_->Forward(relations.X);
  if (aare_) relations.Y = aare_->Forward(relations.Y, same_clip);
  return Support(relations);
}

Relations Mrse::Support(Relations relations) {
  if (rse_) std::tie(relations.X, relations.Y) = rse_->Forward(relations.X, relations.Y);
  return relations;
}

}  // namespace mrsn

#include "mrsn/head/mrse.h"

#include <tuple>

namespace mrsn {

Mrse::Mrse(const MrseOptions& options) {
  EncoderOptions encoder = {options.width, options.heads, options.hidden, 0, options.residual};
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

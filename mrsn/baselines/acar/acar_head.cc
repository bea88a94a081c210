// AcarHead and Hr2o (hr2o.h) in one translation unit, since LibTorch is slow to compile.
#include "mrsn/baselines/acar/acar_head.h"

#include <ATen/ATen.h>

#include <string>

#include "mrsn/head/aare.h"
#include "mrsn/roi_features.h"

namespace mrsn::baselines {
namespace {

torch::nn::Conv2d MakeConv(int64_t input, int64_t output, int64_t kernel, int64_t padding) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(input, output, kernel).padding(padding).bias(false));
}

torch::nn::Linear MakeLinear(int64_t input, int64_t output) {
  return torch::nn::Linear(torch::nn::LinearOptions(input, output).bias(false));
}

}  // namespace

Hr2o::Hr2o(const Hr2oOptions& options) : dropout_(options.dropout) {
  const auto conv = [&](const char* name, int64_t kernel) {
    TORCH_CHECK(kernel % 2 == 1, "HR2O: kernel ", kernel, " is not odd");
    return register_module(name, MakeConv(options.width, options.width, kernel, kernel / 2));
  };
  query_ = conv("query", options.kernel);
  key_ = conv("key", options.kernel);
  value_ = conv("value", options.kernel);
  output_ = conv("output", options.output_kernel);
  norm_ = register_module("norm", torch::nn::GroupNorm(torch::nn::GroupNormOptions(1, options.width)));
}

at::Tensor Hr2o::Forward(const at::Tensor& maps, const at::Tensor& others, const at::Tensor& related) {
  // Each cell is a sequence of its own: [N,c,h,w] -> [hw,1,N,c].
  const auto by_cell = [](const at::Tensor& x) { return x.flatten(2).permute({2, 0, 1}).unsqueeze(1); };
  // A person related to none sees everybody, only so that the softmax has a value;
  // the value is then multiplied by 0.
  const at::Tensor has_related = related.any(1, /*keepdim=*/true);  // [N,1]
  const at::Tensor attention =
      at::scaled_dot_product_attention(by_cell(query_(maps)), by_cell(key_(others)), by_cell(value_(others)),
                                       related | ~has_related);  // [hw,1,N,c]
  const at::Tensor relations = attention.squeeze(1).permute({1, 2, 0}).reshape(maps.sizes());
  const at::Tensor output = output_(at::relu(norm_(relations)));
  return maps + has_related.unsqueeze(2).unsqueeze(3) * at::dropout(output, dropout_, is_training());
}

AcarHead::AcarHead(const AcarHeadOptions& options)
    : options_(options),
      reduce_(register_module("reduce", MakeConv(options.channels, options.reduced_width, 1, 0))),
      relate_(register_module("relate", MakeConv(2 * options.reduced_width, options.width, 1, 0))),
      mix_(register_module("mix", MakeConv(options.width, options.width, 3, 0))),
      actor_(register_module("actor", MakeLinear(options.reduced_width, options.width))),
      classifier_(register_module("classifier", MakeLinear(2 * options.width, options.classes))) {
  const Hr2oOptions hr2o = {options.width, options.kernel, options.output_kernel, options.relation_dropout};
  for (int64_t layer = 0; layer < options.depth; ++layer) {
    short_term_.push_back(register_module("hr2o" + std::to_string(layer), std::make_shared<Hr2o>(hr2o)));
  }
  for (int64_t layer = 0; options.long_term && layer < options.long_term->depth; ++layer) {
    long_term_.push_back(
        register_module("long_term_hr2o" + std::to_string(layer), std::make_shared<Hr2o>(hr2o)));
  }
}

at::Tensor AcarHead::BankMaps(const LongTermWindow& bank, at::IntArrayRef size) const {
  TORCH_CHECK(bank.features.dim() == 2 && bank.features.size(1) == relation_width(),
              "bank features: expected width ", relation_width(), ", got ", bank.features.sizes());
  const int64_t grid = options_.bank_grid;
  const at::Tensor maps = bank.features.view({-1, options_.width, grid, grid});
  if (size[0] == grid && size[1] == grid) return maps;
  return at::upsample_nearest2d(maps, size);
}

HeadOutput AcarHead::Forward(const HeadInput& input) {
  TORCH_CHECK(input.roi_align, "AcarHead needs HeadInput::roi_align");
  TORCH_CHECK(input.features.size(2) >= 3 && input.features.size(3) >= 3,
              "AcarHead: the feature map needs 3 x 3 cells, got ", input.features.sizes());
  const at::Tensor context = reduce_(input.features);              // [B,r,h,w]
  const at::Tensor actors = MaxPoolRoi(input.roi_align(context));  // [N,r]
  const at::Tensor own_context = context.index_select(0, input.clip_index);
  const at::Tensor tiled = actors.unsqueeze(2).unsqueeze(3).expand_as(own_context);
  at::Tensor maps = at::relu(relate_(at::cat({own_context, tiled}, 1)));  // [N,c,h,w]
  maps = at::max_pool2d(at::relu(mix_(maps)), 3, 2, 1);
  if (input.taps) input.taps->emplace_back("relations", maps);

  HeadOutput output;
  output.G = at::adaptive_avg_pool2d(maps, {options_.bank_grid, options_.bank_grid}).flatten(1);
  const at::Tensor same_clip = SameClip(input.clip_index, input.clip_index);
  for (const auto& layer : short_term_) maps = layer->Forward(maps, maps, same_clip);
  if (!long_term_.empty() && input.bank.features.defined() && input.bank.features.size(0) > 0) {
    const at::Tensor bank = BankMaps(input.bank, maps.sizes().slice(2));
    const at::Tensor in_window = SameClip(input.clip_index, input.bank.clip_index);
    for (const auto& layer : long_term_) maps = layer->Forward(maps, bank, in_window);
  }
  if (input.taps) input.taps->emplace_back("high_order", maps);
  const at::Tensor consensus = at::cat({at::relu(actor_(actors)), maps.mean({2, 3})}, 1);  // [N,2c]
  output.logits = classifier_(at::dropout(consensus, options_.dropout, is_training()));
  return output;
}

}  // namespace mrsn::baselines

#include "mrsn/baselines/acar/acar_head.h"

#include <ATen/ATen.h>

#include <string>

#include "mrsn/head/clip_mask.h"
#include "mrsn/head/window_of_batch.h"
#include "mrsn/model_factory.h"
#include "mrsn/roi_features.h"
#include "ops/dropout/shared_dropout.h"

namespace mrsn::baselines {
namespace {

const RegisteredHead<AcarHead, AcarHeadOptions> kRegistered;

torch::nn::Conv2d MakeConv(int64_t input, int64_t output, int64_t kernel) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(input, output, kernel).bias(false));
}

torch::nn::Linear MakeLinear(int64_t input, int64_t output) {
  return torch::nn::Linear(torch::nn::LinearOptions(input, output).bias(false));
}

}  // namespace

AcarHead::AcarHead(const AcarHeadOptions& options)
    : options_(options),
      reduce_(register_module("reduce", MakeConv(options.channels, options.reduced_width, 1))),
      relate_(register_module("relate", MakeConv(2 * options.reduced_width, options.width, 1))),
      mix_(register_module("mix", MakeConv(options.width, options.width, 3))),
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
  CheckWidth(bank, NeedsOf(options_).relation_width);
  const int64_t grid = options_.bank_grid;
  const at::Tensor maps = bank.features.view({-1, options_.width, grid, grid});
  if (size[0] == grid && size[1] == grid) return maps;
  return at::upsample_nearest2d(maps, size);
}

HeadOutput AcarHead::Forward(const HeadInput& input, Taps* taps) {
  TORCH_CHECK(input.roi_align, "AcarHead needs HeadInput::roi_align");
  TORCH_CHECK(input.features.size(2) >= 3 && input.features.size(3) >= 3,
              "AcarHead: the feature map needs 3 x 3 cells, got ", input.features.sizes());
  const at::Tensor context = reduce_(input.features);              // [B,r,h,w]
  const at::Tensor actors = MaxPoolRoi(input.roi_align(context));  // [N,r]
  const at::Tensor own_context = context.index_select(0, input.clip_index);
  const at::Tensor tiled = actors.unsqueeze(2).unsqueeze(3).expand_as(own_context);
  at::Tensor maps = at::relu(relate_(at::cat({own_context, tiled}, 1)));  // [N,c,h,w]
  maps = at::max_pool2d(at::relu(mix_(maps)), 3, 2, 1);
  Note(taps, "relations", maps);

  HeadOutput output;
  output.G = at::adaptive_avg_pool2d(maps, {options_.bank_grid, options_.bank_grid}).flatten(1);
  const at::Tensor same_clip = SameClip(input.clip_index, input.clip_index);
  for (const auto& layer : short_term_) maps = layer->Forward(maps, maps, same_clip);
  const LongTermWindow bank =
      long_term_.empty() ? LongTermWindow()
                         : WindowOfBatch(input.bank, NeedsOf(options_).relation_width, maps.options());
  if (!bank.empty()) {
    const at::Tensor others = BankMaps(bank, maps.sizes().slice(2));
    const at::Tensor in_window = SameClip(input.clip_index, bank.clip_index);
    for (const auto& layer : long_term_) maps = layer->Forward(maps, others, in_window);
  }
  Note(taps, "high_order", maps);
  const at::Tensor consensus = at::cat({at::relu(actor_(actors)), maps.mean({2, 3})}, 1);  // [N,2c]
  output.logits = classifier_(ops::PersonDropout(consensus, options_.dropout, is_training()));
  return output;
}

}  // namespace mrsn::baselines

#include "mrsn/baselines/lfb/lfb_head.h"

#include <ATen/ATen.h>

#include <string>

#include "mrsn/head/clip_mask.h"
#include "mrsn/head/window_of_batch.h"
#include "mrsn/linear_init.h"
#include "mrsn/model_factory.h"
#include "mrsn/roi_features.h"
#include "ops/dropout/shared_dropout.h"

namespace mrsn::baselines {
namespace {

const RegisteredHead<LfbHead, LfbHeadOptions> kRegistered;

}  // namespace

LfbHead::LfbHead(const LfbHeadOptions& options)
    : options_(options),
      classifier_(register_module("classifier",
                                  NormalLinear(NeedsOf(options).relation_width, options.classes, 0.01))) {
  if (options.op != FeatureBankOperator::kNonLocal) return;
  reduce_persons_ = register_module("reduce_persons", NormalLinear(options.channels, options.width, 0.01));
  reduce_bank_ = register_module("reduce_bank", NormalLinear(options.bank_width, options.width, 0.01));
  for (int64_t layer = 0; layer < options.layers; ++layer) {
    NonLocalOptions non_local;
    non_local.query_width = non_local.key_width = non_local.width = non_local.output_width = options.width;
    non_local.affine_norm = options.affine_norm;
    non_local.dropout = options.layer_dropout;
    layers_.push_back(
        register_module("layer" + std::to_string(layer), std::make_shared<NonLocalLayer>(non_local)));
  }
}

at::Tensor LfbHead::NonLocal(at::Tensor persons, const LongTermWindow& bank, const at::Tensor& in_window) {
  const auto dropout = [&](const at::Tensor& x, ops::RowKind kind) {
    return ops::SharedDropout(x, options_.layer_dropout, is_training(), {{kind}});
  };
  persons = dropout(reduce_persons_(persons), ops::RowKind::kPersons);  // [N,c]
  NonLocalKeys keys;
  if (in_window.defined()) {
    keys.features = dropout(reduce_bank_(bank.features), ops::RowKind::kEntries);  // [M,c]
    keys.log_count = LogCount(in_window, persons);
  }
  for (const auto& layer : layers_) persons = layer->Forward(persons, keys);
  return persons;
}

at::Tensor LfbHead::Average(const LongTermWindow& bank, const at::Tensor& in_window) {
  const at::Tensor weight = in_window.to(bank.features.scalar_type());  // [N,M]
  return at::mm(weight, bank.features) / weight.sum(1, /*keepdim=*/true).clamp_min(1);
}

at::Tensor LfbHead::Largest(const HeadInput& input, const LongTermWindow& bank,
                            const at::Tensor& seen) const {
  // Clip by clip, as all persons of a clip see the same entries: [N,M,d] of all pairs would take
  // a gigabyte at the paper's sizes. What no person sees goes to one clip more.
  const int64_t clips = input.features.size(0), width = options_.bank_width;
  const at::Tensor clip = at::where(seen & (bank.clip_index != kNoClip), bank.clip_index, at::Scalar(clips));
  const at::Tensor largest = at::zeros({clips + 1, width}, bank.features.options())
                                 .scatter_reduce(0, clip.unsqueeze(1).expand({-1, width}), bank.features,
                                                 "amax", /*include_self=*/false);
  return largest.index_select(0, input.clip_index);
}

at::Tensor LfbHead::Seen(const LongTermWindow& bank, int64_t clips) const {
  const at::Tensor& offset = bank.offset;
  const int64_t radius = options_.window_seconds;
  const at::Tensor in_seconds = (offset >= -radius) & (offset < radius);
  if (options_.sampled_per_second == 0 || !(is_training() || options_.sample_in_evaluation))
    return in_seconds;
  // Entries of a second one after the other, shuffled. The bank has that of `radius`, too.
  const int64_t seconds = 2 * radius + 1;
  const at::Tensor second = bank.clip_index.clamp_min(0) * seconds + offset + radius;
  const at::Tensor shuffled =
      ops::SharedRandom(offset.size(0), ops::RowKind::kEntries, bank.features.options()).argsort();
  const auto [sorted, order] =
      second.index_select(0, shuffled).sort(/*stable=*/true, /*dim=*/0, /*descending=*/false);
  const at::Tensor place = at::arange(offset.size(0), offset.options());
  const at::Tensor begin = at::zeros({clips * seconds}, offset.options())
                               .scatter_reduce(0, sorted, place, "amin", /*include_self=*/false);
  const at::Tensor first_few = place - begin.index_select(0, sorted) < options_.sampled_per_second;
  return in_seconds & at::zeros_like(in_seconds).scatter(0, shuffled.index_select(0, order), first_few);
}

at::Tensor LfbHead::LongTerm(const HeadInput& input, const at::Tensor& persons) {
  const LongTermWindow bank = WindowOfBatch(input.bank, options_.bank_width, persons.options());
  at::Tensor seen, in_window;  // [M], [N,M]; undefined without entries
  if (!bank.empty()) {
    CheckWidth(bank, options_.bank_width);
    seen = Seen(bank, input.features.size(0));
    in_window = SameClip(input.clip_index, bank.clip_index) & seen.unsqueeze(0);
  }
  if (options_.op == FeatureBankOperator::kNonLocal) return NonLocal(persons, bank, in_window);
  if (!in_window.defined()) return at::zeros({persons.size(0), options_.bank_width}, persons.options());
  return options_.op == FeatureBankOperator::kMax ? Largest(input, bank, seen) : Average(bank, in_window);
}

HeadOutput LfbHead::Forward(const HeadInput& input, Taps* taps) {
  const at::Tensor persons = MaxPoolRoi(input.actors);  // S [N,C]
  const at::Tensor long_term = LongTerm(input, persons);
  HeadOutput output;
  output.G = at::cat({persons, long_term}, 1);
  Note(taps, "long_term", long_term);
  Note(taps, "G", output.G);
  output.logits = classifier_(ops::PersonDropout(output.G, options_.dropout, is_training()));
  return output;
}

}  // namespace mrsn::baselines

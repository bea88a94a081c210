#include "mrsn/baselines/aia/aia_head.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "mrsn/head/clip_mask.h"
#include "mrsn/head/window_of_batch.h"
#include "mrsn/linear_init.h"
#include "mrsn/model_factory.h"
#include "mrsn/roi_features.h"

namespace mrsn::baselines {
namespace {

const RegisteredHead<AiaHead, AiaHeadOptions> kRegistered;

// AlphAction's kaiming_uniform with a = 1: bound sqrt(3 / fan-in).
torch::nn::Linear MakeHidden(int64_t input, int64_t output) {
  torch::nn::Linear linear(input, output);
  at::NoGradGuard no_grad;
  const double bound = std::sqrt(3.0 / static_cast<double>(input));
  linear->weight.uniform_(-bound, bound);
  linear->bias.zero_();
  return linear;
}

// Zero vectors among the keys: row r stands for count[r] of them, in clip[r].
struct ZeroRows {
  at::Tensor clip;   // [R] int64
  at::Tensor count;  // [R] floating
};

// As many in each of `clips` clips as are missing to `wanted`.
ZeroRows FillUp(const at::Tensor& key_clips, int64_t clips, int64_t wanted, const at::Tensor& like) {
  const at::Tensor clip = at::arange(clips, key_clips.options());
  const at::Tensor present = SameClip(clip, key_clips).sum(1);  // [B]
  return {clip, (wanted - present).clamp_min(0).to(like.scalar_type())};
}

// [N,M+R] of persons in `clips` to keys in `key_clips` and then the zero rows.
at::Tensor LogCounts(const at::Tensor& clips, const at::Tensor& key_clips, const ZeroRows& zeros,
                     const at::Tensor& like) {
  return at::cat({LogCount(SameClip(clips, key_clips), like),
                  LogCount(SameClip(clips, zeros.clip), like) + zeros.count.log()},
                 1);
}

at::Tensor WithZeroRows(const at::Tensor& features, int64_t rows) {
  return at::cat({features, at::zeros({rows, features.size(1)}, features.options())});
}

}  // namespace

AiaHead::AiaHead(const AiaHeadOptions& options)
    : options_(options),
      person_query_(register_module("person_query", NormalLinear(options.channels, options.width, 0.01))),
      person_key_(register_module("person_key", NormalLinear(options.channels, options.width, 0.01))),
      kinds_{kPerson} {
  if (options.memory) {
    memory_key_ = register_module("memory_key", NormalLinear(options.bank_width, options.width, 0.01));
  }
  if (options.objects) {
    object_key_ = register_module("object_key", NormalLinear(options.channels, options.width, 0.01));
    kinds_.push_back(kObject);
  }
  if (options.memory) kinds_.push_back(kMemory);
  for (int64_t repeat = 0; repeat < options.repeats; ++repeat) {
    const bool last_repeat = repeat == options.repeats - 1;
    for (const Kind kind : kinds_) {
      const bool last =
          last_repeat && (options.structure == AiaStructure::kParallel || kind == kinds_.back());
      NonLocalOptions block;
      block.query_width = block.key_width = block.width = options.width;
      block.output_width = last ? options.channels : options.width;
      block.positions = kind == kMemory ? 2 * options.window_seconds + 1 : 0;
      block.dropout = options.layer_dropout;
      const std::string name = (kind == kPerson   ? "person"
                                : kind == kObject ? "object"
                                                  : "memory") +
                               std::to_string(repeat);
      blocks_.push_back({kind, register_module(name, std::make_shared<NonLocalLayer>(block))});
    }
  }
  if (options.structure == AiaStructure::kDenseSerial) {
    for (int64_t block = 2; block < static_cast<int64_t>(blocks_.size()); ++block) {
      // Softmax of these starts as 1 for the block before and next to 0 for older ones.
      at::Tensor start = at::full({block, options.width}, -5 * std::log(10.0));
      start[block - 1].zero_();
      mixture_.push_back(register_parameter("mixture" + std::to_string(block), start));
    }
  }
  hidden0_ = register_module("hidden0", MakeHidden(options.channels, options.mlp_width));
  hidden1_ = register_module("hidden1", MakeHidden(options.mlp_width, options.mlp_width));
  classifier_ = register_module("classifier", NormalLinear(options.mlp_width, options.classes, 0.01));
}

at::Tensor AiaHead::Reduce(torch::nn::Linear& reduce, const at::Tensor& features,
                           const std::vector<ops::RowBlock>& rows) {
  return ops::SharedDropout(reduce(features), options_.layer_dropout, is_training(), rows);
}

NonLocalKeys AiaHead::Memory(const HeadInput& input, const at::Tensor& persons) {
  const int64_t seconds = 2 * options_.window_seconds + 1, clips = input.features.size(0);
  LongTermWindow bank = WindowOfBatch(input.bank, options_.bank_width, input.actors.options());
  std::vector<ops::RowBlock> rows = {{ops::RowKind::kEntries}};
  if (!bank.features.defined()) {
    bank.features = at::empty({0, options_.bank_width}, input.actors.options());
    bank.clip_index = bank.offset = at::empty({0}, input.clip_index.options());
  }
  CheckWidth(bank, options_.bank_width);
  if (KeepsMemory()) {
    bank.features = at::cat({bank.features, persons.detach()});
    bank.clip_index = at::cat({bank.clip_index, input.clip_index});
    bank.offset = at::cat({bank.offset, at::zeros_like(input.clip_index)});
    rows.push_back({ops::RowKind::kPersons});
  }
  NonLocalKeys keys;
  keys.position = bank.offset + options_.window_seconds;
  if (options_.padding.memory_per_second == 0) {
    if (bank.empty()) return {};
    keys.features = Reduce(memory_key_, bank.features, rows);
    keys.log_count = LogCount(SameClip(input.clip_index, bank.clip_index), keys.features);
    return keys;
  }
  // One row per clip and second.
  const ZeroRows zeros = FillUp(bank.clip_index * seconds + keys.position, clips * seconds,
                                options_.padding.memory_per_second, bank.features);
  const at::Tensor clip = zeros.clip.div(seconds, "floor");
  rows.push_back({ops::RowKind::kClips, seconds});
  keys.features = Reduce(memory_key_, WithZeroRows(bank.features, clips * seconds), rows);
  keys.log_count = LogCounts(input.clip_index, bank.clip_index, {clip, zeros.count}, keys.features);
  keys.position = at::cat({keys.position, zeros.clip.remainder(seconds)});
  return keys;
}

AiaHead::Keys AiaHead::MakeKeys(const HeadInput& input, const at::Tensor& persons) {
  const int64_t clips = input.features.size(0);
  const at::Tensor& clip_index = input.clip_index;
  Keys keys;
  keys.persons = Reduce(person_key_, persons, {{ops::RowKind::kPersons}});
  if (options_.padding.persons > 0) {
    keys.person_padding = at::zeros({clips, options_.width}, persons.options());
    keys.person_log_count = LogCounts(clip_index, clip_index,
                                      FillUp(clip_index, clips, options_.padding.persons, persons), persons);
  } else {
    keys.person_log_count = LogCount(SameClip(clip_index, clip_index), persons);
  }
  if (options_.memory) keys.memory = Memory(input, persons);
  if (!options_.objects) return keys;

  at::Tensor objects, object_clips;
  if (input.objects.defined()) {
    objects = MaxPoolRoi(input.objects);  // [O,C]
    object_clips = input.object_clip_index;
  } else {
    objects = at::empty({0, options_.channels}, persons.options());
    object_clips = at::empty({0}, clip_index.options());
  }
  if (ops::OnlyOthersHave(ops::RowKind::kObjects, objects.size(0))) {  // one that no person sees
    objects = at::zeros({1, options_.channels}, persons.options());
    object_clips = at::full({1}, kNoClip, clip_index.options());
  }
  if (options_.padding.objects > 0) {
    keys.objects.features =
        Reduce(object_key_, WithZeroRows(objects, clips), {{ops::RowKind::kObjects}, {ops::RowKind::kClips}});
    keys.objects.log_count = LogCounts(
        clip_index, object_clips, FillUp(object_clips, clips, options_.padding.objects, persons), persons);
  } else if (objects.size(0) > 0) {
    keys.objects = {Reduce(object_key_, objects, {{ops::RowKind::kObjects}}),
                    LogCount(SameClip(clip_index, object_clips), persons),
                    {}};
  }
  return keys;
}

// One block. `persons` [N,d] are its keys if it is a P block.
at::Tensor AiaHead::Run(const Block& block, const at::Tensor& query, const at::Tensor& persons,
                        const Keys& keys) {
  switch (block.kind) {
    case kPerson:
      return block.layer->Forward(
          query, {keys.person_padding.defined() ? at::cat({persons, keys.person_padding}) : persons,
                  keys.person_log_count,
                  {}});
    case kObject:
      return block.layer->Forward(query, keys.objects);
    case kMemory:
      return block.layer->Forward(query, keys.memory);
  }
  TORCH_CHECK(false, "unknown block");
}

at::Tensor AiaHead::Serial(at::Tensor query, const Keys& keys) {
  std::vector<at::Tensor> history;
  for (size_t b = 0; b < blocks_.size(); ++b) {
    if (b >= 2 && !mixture_.empty()) {
      query = (at::stack(history, 1) * mixture_[b - 2].softmax(0)).sum(1);  // [N,b,d] -> [N,d]
    }
    query = Run(blocks_[b], query, b == 0 ? keys.persons : query, keys);
    history.push_back(query);
  }
  return query;
}

at::Tensor AiaHead::Parallel(const at::Tensor& query, const Keys& keys) {
  const size_t chains = kinds_.size();
  at::Tensor sum;
  for (size_t chain = 0; chain < chains; ++chain) {
    at::Tensor o = query;
    for (size_t b = chain; b < blocks_.size(); b += chains) {
      o = Run(blocks_[b], o, b < chains ? keys.persons : o, keys);
    }
    sum = sum.defined() ? sum + o : o;
  }
  return sum;
}

HeadOutput AiaHead::Forward(const HeadInput& input, Taps* taps) {
  const at::Tensor persons = MaxPoolRoi(input.actors);                                  // S [N,C]
  const at::Tensor query = Reduce(person_query_, persons, {{ops::RowKind::kPersons}});  // [N,d]
  const Keys keys = MakeKeys(input, persons);
  const at::Tensor interactions =
      options_.structure == AiaStructure::kParallel ? Parallel(query, keys) : Serial(query, keys);
  HeadOutput output;
  if (KeepsMemory()) output.memory = persons.detach();
  output.G = at::relu(hidden1_(at::relu(hidden0_(persons + interactions))));
  Note(taps, "interactions", interactions);
  Note(taps, "G", output.G);
  output.logits = classifier_(ops::PersonDropout(output.G, options_.dropout, is_training()));
  return output;
}

}  // namespace mrsn::baselines

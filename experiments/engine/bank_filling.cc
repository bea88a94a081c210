#include "experiments/engine/bank_filling.h"

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "experiments/engine/inference.h"
#include "mrsn/bank/relation_bank_writer.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// Stores `features` [N,g] of the batch's actors under their key frames.
absl::Status AddBatch(const Scored& scored, const at::Tensor& features, RelationBankWriter& bank) {
  const auto boxes = scored.found.boxes.accessor<float, 2>();
  const auto clips = scored.found.clip_index.accessor<int64_t, 1>();
  const int64_t width = features.size(1);
  int64_t n = 0;
  for (size_t clip = 0; clip < scored.keyframes.size(); ++clip) {
    std::vector<Box> actors;
    const int64_t first = n;
    for (; n < boxes.size(0) && clips[n] == static_cast<int64_t>(clip); ++n) {
      actors.push_back({boxes[n][0], boxes[n][1], boxes[n][2], boxes[n][3]});
    }
    // Of a batch of which an earlier process wrote a part.
    if (bank.Contains(scored.keyframes[clip])) continue;
    const float* rows = features.const_data_ptr<float>() + first * width;
    MRSN_RETURN_IF_ERROR(
        bank.Add(scored.keyframes[clip], absl::MakeConstSpan(rows, (n - first) * width), actors));
  }
  return absl::OkStatus();
}

// The first batch of which a key frame is not in the bank.
int64_t FirstBatch(const datasets::Dataset& dataset, int batch_size, const RelationBankWriter& bank) {
  int64_t clip = 0;
  while (clip < dataset.size() && bank.Contains(dataset.keyframe(clip))) ++clip;
  return clip == dataset.size() ? (clip + batch_size - 1) / batch_size : clip / batch_size;
}

}  // namespace

absl::Status FillBank(const BankFillingOptions& options, const std::string& path,
                      const datasets::Dataset& dataset, Detector& model) {
  const ModelNeeds needs = model.needs();
  const bool memory = needs.bank.has_value() && needs.bank->own_memory;
  std::unique_ptr<RelationBankWriter> bank;  // of rank 0
  absl::Status created;
  if (options.group->first()) {
    BankWriterOptions writing;
    writing.wait = options.wait;
    auto made = RelationBankWriter::Create(path, options.identity,
                                           memory ? needs.bank->width : needs.relation_width, writing);
    created = made.status();
    if (made.ok()) bank = *std::move(made);
  }
  MRSN_RETURN_IF_ERROR(options.group->Agree(created));
  InferenceOptions inference;
  inference.title = options.title;
  inference.loss = options.loss;
  inference.arithmetic = options.arithmetic;
  inference.workers = options.workers;
  inference.group = options.group;
  const int64_t first = bank != nullptr ? FirstBatch(dataset, inference.batch_size, *bank) : 0;
  MRSN_ASSIGN_OR_RETURN(inference.first_batch, options.group->Ask(first));
  inference.unreadable = options.unreadable;
  absl::Status added;
  inference.on_skip = [&](const datasets::SkippedClip& clip) {
    if (added.ok() && !bank->Contains(clip.keyframe)) added = bank->Add(clip.keyframe, {}, {});
  };
  MRSN_RETURN_IF_ERROR(Infer(inference, dataset, {}, model, [&](const Scored& scored) {
    return AddBatch(scored, memory ? scored.found.memory : scored.found.G, *bank);
  }));
  if (added.ok() && bank != nullptr) added = bank->Finish(dataset.size());
  return options.group->Agree(added);
}

}  // namespace mrsn::experiments

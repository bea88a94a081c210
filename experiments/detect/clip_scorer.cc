#include "experiments/detect/clip_scorer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "datasets/collate.h"
#include "experiments/engine/detector_input.h"
#include "experiments/engine/training_snapshot.h"
#include "experiments/run/given_weights.h"
#include "mrsn/action_detector.h"
#include "mrsn/build_model.h"
#include "mrsn/head/mrsn_head.h"
#include "mrsn/head/relation_weights.h"
#include "ops/base/status_macros.h"
#include "ops/device/device_name.h"

namespace mrsn::experiments {
namespace {

std::vector<std::vector<float>> RowsOf(const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kCPU, at::kFloat).contiguous();
  std::vector<std::vector<float>> rows;
  for (int64_t n = 0; n < values.size(0); ++n) {
    const float* row = values.const_data_ptr<float>() + n * values.size(1);
    rows.emplace_back(row, row + values.size(1));
  }
  return rows;
}

// `weights` of one clip. The bank's entries are added up by second.
std::vector<PersonRelations> RelationsOf(const RelationWeights& weights, const LongTermWindow& bank,
                                         int64_t radius, size_t persons) {
  std::vector<PersonRelations> relations(persons);
  const auto each = [&](const at::Tensor& rows,
                        const std::function<void(PersonRelations*, std::vector<float>)>& put) {
    if (!rows.defined() || rows.size(1) == 0) return;
    std::vector<std::vector<float>> values = RowsOf(rows);
    for (size_t n = 0; n < persons; ++n) put(&relations[n], std::move(values[n]));
  };
  each(weights.context, [](PersonRelations* of, std::vector<float> row) { of->context = std::move(row); });
  each(weights.persons, [](PersonRelations* of, std::vector<float> row) { of->persons = std::move(row); });
  std::vector<int64_t> offsets;
  if (!bank.empty()) {
    const at::Tensor offset = bank.offset.to(at::kCPU).contiguous();
    offsets.assign(offset.const_data_ptr<int64_t>(), offset.const_data_ptr<int64_t>() + offset.size(0));
  }
  each(weights.entries, [&](PersonRelations* of, const std::vector<float>& row) {
    of->first_offset = static_cast<int>(-radius);
    of->seconds.assign(2 * radius + 1, 0);
    for (size_t m = 0; m < row.size(); ++m) of->seconds[offsets[m] + radius] += row[m];
  });
  return relations;
}

class ModelScorer : public ClipScorer {
 public:
  // `head`: whose relations are shown; null: nobody's.
  ModelScorer(std::shared_ptr<Detector> model, MrsnHead* head, ClassLoss loss)
      : model_(std::move(model)), head_(head), needs_(model_->needs()), loss_(loss) {
    model_->eval();
  }

  absl::StatusOr<ScoredClip> Score(datasets::Sample sample) override {
    const size_t persons = sample.actors.size();
    return OnClip<ScoredClip>(std::move(sample), [&](const DetectorInput& input) {
      ScoredClip scored;
      if (head_ == nullptr) {
        scored.scores = RowsOf(model_->Detect(input, loss_).scores);
        return scored;
      }
      Taps taps;
      auto& detector = dynamic_cast<ActionDetector&>(*model_);
      scored.scores = RowsOf(ScoresOf(detector.Forward(input, &taps).logits, loss_));
      const int64_t radius = needs_.bank.has_value() ? needs_.bank->radius : 0;
      scored.relations = RelationsOf(RelationWeightsOf(*head_, input, taps), input.bank, radius, persons);
      return scored;
    });
  }

  absl::StatusOr<BankFeatures> Features(datasets::Sample sample) override {
    return OnClip<BankFeatures>(std::move(sample), [&](const DetectorInput& input) {
      const Detections found = model_->Detect(input, loss_);
      const bool own = needs_.bank.has_value() && needs_.bank->own_memory;
      BankFeatures features;
      for (const std::vector<float>& row : RowsOf(own ? found.memory : found.G)) {
        features.width = static_cast<int64_t>(row.size());
        features.values.insert(features.values.end(), row.begin(), row.end());
      }
      return features;
    });
  }

  void ReadBank(const RelationBank* bank) override { bank_ = bank; }
  const ModelNeeds& needs() const override { return needs_; }
  std::string WeightsHash() const override { return experiments::WeightsHash(*model_); }

 private:
  // `compute` of a single clip's tensors, with its window of the bank, without gradients.
  template <typename Result>
  absl::StatusOr<Result> OnClip(datasets::Sample sample,
                                const std::function<Result(const DetectorInput&)>& compute) {
    std::vector<datasets::Sample> clip;
    clip.push_back(std::move(sample));
    const at::NoGradGuard no_grad;
    at::manual_seed(0);  // as an evaluation, for what draws because it is asked to
    BankWindows windows;
    windows.bank = bank_;
    if (needs_.bank.has_value()) {
      windows.radius_seconds = static_cast<int>(needs_.bank->radius);
      windows.own_second = !needs_.bank->own_memory;
    }
    try {
      const datasets::ClipBatch batch = datasets::Collate(clip, static_cast<int>(needs_.classes));
      MRSN_ASSIGN_OR_RETURN(const LongTermWindow window, WindowsOf(windows, batch.keyframes));
      return compute(ModelBatchOf(batch, window, *model_).input);
    } catch (const c10::Error& error) {
      return absl::InvalidArgumentError(
          absl::StrCat("the model cannot score this clip: ", error.what_without_backtrace()));
    }
  }

  const std::shared_ptr<Detector> model_;
  MrsnHead* const head_;
  const ModelNeeds needs_;
  const ClassLoss loss_;
  const RelationBank* bank_ = nullptr;
};

MrsnHead* PapersHead(Detector& model) {
  auto* detector = dynamic_cast<ActionDetector*>(&model);
  return detector == nullptr ? nullptr : dynamic_cast<MrsnHead*>(&detector->head());
}

// What a single video cannot give.
absl::Status CheckNeeds(const ModelNeeds& needs, const std::string& name, int classes) {
  const auto error = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", what));
  };
  if (!needs.boxes) return error("its model finds persons itself; detect scores persons that are given");
  if (needs.flow) return error("its model reads optical flow, which detect does not compute");
  if (needs.classes == classes) return absl::OkStatus();
  return error(absl::StrCat("its model has ", needs.classes, " classes, the class list ", classes,
                            "; --class_list names the right one"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ClipScorer>> ClipScorer::Make(const ResolvedExperiment& resolved,
                                                             const ClipScorerOptions& options) {
  at::set_num_threads(options.threads);
  MRSN_ASSIGN_OR_RETURN(const at::Device device, DeviceNamed(options.device));
  MRSN_ASSIGN_OR_RETURN(const WeightsSource source, ReadWeightsSource(options.checkpoint));
  at::manual_seed(source.seed.value_or(0));
  auto model = BuildDetector(resolved.experiment.model(), device);
  if (!model.ok()) return AtItsPlace(resolved, model.status());
  MRSN_RETURN_IF_ERROR(CheckNeeds((*model)->needs(), resolved.name, options.classes));
  MRSN_RETURN_IF_ERROR(LoadGivenWeights(source, /*allow_missing=*/false, **model).status());
  MrsnHead* const head = options.relations ? PapersHead(**model) : nullptr;
  if (options.relations && head == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        resolved.name, ": only the paper's head, model.mrsn with acre or aare, has relations to show"));
  }
  return std::make_unique<ModelScorer>(*std::move(model), head,
                                       ClassLossOf(resolved.experiment.train().loss()));
}

}  // namespace mrsn::experiments

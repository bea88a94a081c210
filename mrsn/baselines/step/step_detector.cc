#include "mrsn/baselines/step/step_detector.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "mrsn/baselines/anchors/box_coding.h"
#include "mrsn/baselines/anchors/box_tensors.h"
#include "mrsn/baselines/anchors/nms.h"
#include "mrsn/model_factory.h"
#include "mrsn/roi_features.h"
#include "ops/device/move_together.h"
#include "ops/dropout/shared_dropout.h"
#include "ops/memory/cpu_block_cache.h"

namespace mrsn::baselines {
namespace {

const RegisteredDetector<StepDetector, StepOptions> kRegistered;

constexpr double kThresholds[kSteps] = {0.2, 0.35, 0.5};
constexpr float kLeastScore = 0.01f, kMostOverlap = 0.4f;
constexpr size_t kMostPerClip = 300;
constexpr int64_t kFramesPerPosition = 4, kRoiSize = 7;

// Of predictions, what the host reads.
at::Tensor Readable(const at::Tensor& prediction) {
  return prediction.defined() ? prediction.detach().to(at::kFloat).contiguous() : prediction;
}

// `rows` on the CPU.
std::vector<BoxOffsets> OffsetsOf(const at::Tensor& rows) {
  const float* row = rows.const_data_ptr<float>();
  std::vector<BoxOffsets> result;
  for (int64_t i = 0; i < rows.numel(); i += 4)
    result.push_back({row[i], row[i + 1], row[i + 2], row[i + 3]});
  return result;
}

// scores [M,K] of one clip's proposals; those that are not kept become -1.
void Select(const std::vector<Box>& boxes, at::TensorAccessor<float, 2> scores) {
  std::vector<std::tuple<float, int64_t, int64_t>> kept;  // score, proposal, class
  for (int64_t k = 0; k < scores.size(1); ++k) {
    std::vector<int64_t> candidates;
    std::vector<float> of_class;
    for (int64_t m = 0; m < scores.size(0); ++m) {
      if (scores[m][k] > kLeastScore) {
        candidates.push_back(m);
        of_class.push_back(scores[m][k]);
      }
      scores[m][k] = -1;
    }
    const auto overlap = [&](int a, int b) {
      return IntersectionOverUnion(boxes[candidates[a]], boxes[candidates[b]]);
    };
    for (const int i : SuppressNonMaxima(of_class, overlap, kMostOverlap)) {
      kept.emplace_back(of_class[i], candidates[i], k);
    }
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [](const auto& a, const auto& b) { return std::get<0>(a) > std::get<0>(b); });
  if (kept.size() > kMostPerClip) kept.resize(kMostPerClip);
  for (const auto& [score, proposal, action] : kept) scores[proposal][action] = score;
}

}  // namespace

StepHeads::StepHeads(const StepOptions& options, int64_t channels)
    : context(register_module("context", std::make_shared<StepContext>(options, channels))) {
  for (int step = 0; step < kSteps; ++step) {
    const bool anticipates = step == kSteps - 2;
    steps.push_back(register_module("step" + std::to_string(step + 1),
                                    std::make_shared<StepHead>(options, channels, anticipates)));
  }
}

StepDetector::StepDetector(const StepOptions& options)
    : options_(options),
      backbone_(register_module("backbone", std::make_shared<StepBackbone>(options))),
      head_(register_module("head", std::make_shared<StepHeads>(options, backbone_->channels()))),
      grid_(InitialProposals(options.grids)) {}

StepDetector::Maps StepDetector::MapsOf(const DetectorInput& input) {
  TORCH_CHECK(input.slow.dim() == 5 && input.slow.size(1) == 3 && input.slow.size(2) > 0 &&
                  input.slow.size(2) % (3 * kFramesPerPosition) == 0,
              "slow: expected [B,3,T,H,W] with T a multiple of ", 3 * kFramesPerPosition, ", got ",
              input.slow.sizes());
  Maps maps;
  maps.features = backbone_->Forward(input);
  maps.context = head_->context->Forward(maps.features);
  maps.height = input.slow.size(3);
  maps.width = input.slow.size(4);
  return maps;
}

StepPredictions StepDetector::Run(const Maps& maps, const Step& step) {
  const int64_t clips = maps.features.size(0), positions = step.positions;
  const auto proposals = static_cast<int64_t>(step.proposals.size()) / positions,
             per_clip = proposals / clips;
  const auto device = maps.features.device();
  // The map of each position of each clip as a map of its own: [B P,C,h,w], channels_last.
  const at::Tensor frames = maps.features.slice(2, step.first, step.first + positions)
                                .permute({0, 2, 3, 4, 1})
                                .flatten(0, 1)
                                .permute({0, 3, 1, 2});
  const auto whole = at::TensorOptions(at::kLong).device(device);
  const at::Tensor clip = at::arange(clips, whole).unsqueeze(1).expand({-1, per_clip}).flatten();  // [M]
  const at::Tensor frame = clip.unsqueeze(1) * positions + at::arange(positions, whole);           // [M,P]
  RoiFeatureOptions roi;
  roi.output_size = kRoiSize;
  roi.aligned = false;
  const at::Tensor rois = RoiFeatures(frames, TensorOf(step.proposals).to(device), frame.flatten(),
                                      {maps.height, maps.width}, backbone_->stride(), roi)
                              .permute({0, 2, 3, 1})
                              .unflatten(0, {proposals, positions})
                              .permute({0, 4, 1, 2, 3});  // [M,C,P,7,7], channels_last_3d
  const at::Tensor context = maps.context.slice(1, step.first, step.first + positions);
  return head_->steps[step.number]->Forward(rois, context.index_select(0, clip));
}

void StepDetector::ForEachStep(const DetectorInput& input, bool refined,
                               const std::function<void(const Step&)>& use) {
  const ops::CpuBlockCache::Scope reuse_memory;
  const Maps maps = MapsOf(input);
  const int64_t clips = maps.features.size(0), third = maps.features.size(2) / 3;
  Step step;
  step.first = step.positions = third;
  for (int64_t b = 0; b < clips; ++b) {
    const std::vector<Box> still = Repeat(grid_, static_cast<int>(third));
    step.proposals.insert(step.proposals.end(), still.begin(), still.end());
  }
  for (step.number = 0; step.number < kSteps; ++step.number) {
    step.predictions = Run(maps, step);
    use(step);
    if (step.number + 1 == kSteps) break;
    at::Tensor offsets = Readable(step.predictions.offsets), before = Readable(step.predictions.before),
               after = Readable(step.predictions.after);
    if (refined) FetchTogether({&offsets, &before, &after});
    const auto moved = [&](const at::Tensor& by) {
      return refined ? Refine(step.proposals, OffsetsOf(by)) : step.proposals;
    };
    std::vector<Box> next = moved(offsets);
    if (before.defined()) {
      next = Join(moved(before), next, moved(after), static_cast<int>(third));
      step.first = 0;
      step.positions = 3 * third;
    }
    step.proposals = std::move(next);
  }
}

std::vector<at::Tensor> StepDetector::ForwardForCounting(const DetectorInput& input) {
  std::vector<at::Tensor> made;
  ForEachStep(input, /*refined=*/false, [&](const Step& step) {
    for (const at::Tensor& tensor : {step.predictions.logits, step.predictions.offsets,
                                     step.predictions.before, step.predictions.after}) {
      if (tensor.defined()) made.push_back(tensor);
    }
  });
  return made;
}

LossOutput StepDetector::Loss(const DetectorInput& input, const Truth& truth, ClassLoss loss) {
  TORCH_CHECK(loss == ClassLoss::kBce, "STEP is trained with a sigmoid for each class only");
  const int64_t persons = input.clip_index.size(0), frames = input.slow.size(2);
  TORCH_CHECK(truth.labels.sizes() == at::IntArrayRef({persons, options_.classes}), "labels: expected [",
              persons, ",", options_.classes, "], got ", truth.labels.sizes());
  const at::Tensor tubelets = persons > 0 ? truth.tubelets : at::empty({0, frames, 4});
  TORCH_CHECK(tubelets.defined() && tubelets.sizes() == at::IntArrayRef({persons, frames, 4}),
              "tubelets: expected [", persons, ",", frames, ",4]");
  // Proposals of a clip without persons are negatives as long as somebody is in the batch, of this process or
  // another one.
  if (ops::CountInBatch(ops::RowKind::kPersons, persons) == 0)
    return {head_->parameters().front().flatten().slice(0, 0, 0).sum(), {}, {}};
  StepTruth at_positions;
  at_positions.positions = frames / kFramesPerPosition;
  std::vector<int64_t> frame;
  for (int64_t j = 0; j < at_positions.positions; ++j) {
    frame.push_back(frames / 2 + kFramesPerPosition * (j - at_positions.positions / 2));
  }
  at_positions.boxes = BoxesOf(tubelets.index_select(1, at::tensor(frame).to(tubelets.device())));
  const at::Tensor clips = input.clip_index.to(at::kCPU).contiguous();
  at_positions.clips.assign(clips.const_data_ptr<int64_t>(), clips.const_data_ptr<int64_t>() + persons);
  at_positions.labels = truth.labels.to(at::kCPU, at::kFloat);
  LossOutput output;
  ForEachStep(input, /*refined=*/true, [&](const Step& step) {
    const StepTargets targets =
        MakeStepTargets(step.proposals, static_cast<int64_t>(grid_.size()), step.first, step.positions,
                        at_positions, kThresholds[step.number], step.predictions.before.defined());
    const StepLoss sums = ComputeStepLoss(step.predictions, targets);
    const at::Tensor mean = sums.Mean();
    output.loss = output.loss.defined() ? output.loss + mean : mean;
    for (LossPart& part : sums.Parts()) output.parts.push_back(std::move(part));
  });
  return output;
}

Detections StepDetector::Detect(const DetectorInput& input, ClassLoss loss) {
  TORCH_CHECK(loss == ClassLoss::kBce, "STEP is trained with a sigmoid for each class only");
  Step last;
  ForEachStep(input, /*refined=*/true, [&](const Step& step) { last = step; });
  at::Tensor offsets = Readable(last.predictions.offsets), logits = Readable(last.predictions.logits);
  FetchTogether({&offsets, &logits});
  const std::vector<Box> refined = Refine(last.proposals, OffsetsOf(offsets));
  const at::Tensor scores = logits.sigmoid();
  const auto per_clip = static_cast<int64_t>(grid_.size());
  std::vector<Box> boxes;  // at the key frame
  for (int64_t m = 0; m < scores.size(0); ++m) {
    boxes.push_back(refined[m * last.positions + last.positions / 2]);
  }
  for (int64_t first = 0; first < scores.size(0); first += per_clip) {
    const at::Tensor of_clip = scores.slice(0, first, first + per_clip);
    Select({boxes.begin() + first, boxes.begin() + first + per_clip}, of_clip.accessor<float, 2>());
  }
  const at::Tensor rows = (scores >= 0).any(1).nonzero().squeeze(1);
  return {TensorOf(boxes).index_select(0, rows),
          rows.div(per_clip, "floor"),
          scores.index_select(0, rows),
          {},
          {}};
}

}  // namespace mrsn::baselines

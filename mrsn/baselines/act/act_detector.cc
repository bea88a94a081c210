#include "mrsn/baselines/act/act_detector.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "absl/types/span.h"
#include "mrsn/baselines/anchors/box_tensors.h"
#include "mrsn/baselines/anchors/matching.h"
#include "mrsn/baselines/anchors/nms.h"
#include "mrsn/baselines/anchors/ssd_anchors.h"
#include "mrsn/model_factory.h"
#include "ops/device/move_together.h"
#include "ops/memory/cpu_block_cache.h"

namespace mrsn::baselines {
namespace {

const RegisteredDetector<ActDetector, ActOptions> kRegistered;

constexpr float kLeastScore = 0.01f, kTubeletOverlap = 0.45f, kBoxOverlap = 0.3f;
constexpr size_t kMostPerClass = 400, kMostPerClip = 200;

// A tubelet that is kept for a class.
struct Tubelet {
  int anchor = 0, action = 0;
  float score = 0;
};

void KeepBest(size_t most, std::vector<Tubelet>* tubelets) {
  std::stable_sort(tubelets->begin(), tubelets->end(),
                   [](const Tubelet& a, const Tubelet& b) { return a.score > b.score; });
  if (tubelets->size() > most) tubelets->resize(most);
}

template <typename Overlap>
std::vector<Tubelet> Suppress(const std::vector<Tubelet>& tubelets, float threshold, Overlap overlap) {
  std::vector<float> scores;
  for (const Tubelet& tubelet : tubelets) scores.push_back(tubelet.score);
  std::vector<Tubelet> kept;
  for (const int i : SuppressNonMaxima(
           scores, [&](int a, int b) { return overlap(tubelets[a], tubelets[b]); }, threshold)) {
    kept.push_back(tubelets[i]);
  }
  return kept;
}

// The tubelets of one clip. scores [A,K+1]; boxes: T of each anchor cuboid.
std::vector<Tubelet> Select(const at::Tensor& scores, const std::vector<Box>& boxes, int64_t frames) {
  const auto score = scores.accessor<float, 2>();
  const absl::Span<const Box> all(boxes);
  const auto key_box = [&](const Tubelet& t) { return ClipToFrame(all[t.anchor * frames + frames / 2]); };
  std::vector<Tubelet> best;
  for (int64_t k = 1; k < scores.size(1); ++k) {
    std::vector<Tubelet> candidates;
    for (int64_t a = 0; a < scores.size(0); ++a) {
      if (score[a][k] > kLeastScore) {
        candidates.push_back({static_cast<int>(a), static_cast<int>(k) - 1, score[a][k]});
      }
    }
    KeepBest(kMostPerClass, &candidates);
    const auto kept = Suppress(candidates, kTubeletOverlap, [&](const Tubelet& a, const Tubelet& b) {
      return MeanOverlap(all.subspan(a.anchor * frames, frames), all.subspan(b.anchor * frames, frames));
    });
    best.insert(best.end(), kept.begin(), kept.end());
  }
  KeepBest(kMostPerClip, &best);
  best.erase(std::remove_if(best.begin(), best.end(),
                            [&](const Tubelet& tubelet) { return !key_box(tubelet).Valid(); }),
             best.end());
  return Suppress(best, kBoxOverlap, [&](const Tubelet& a, const Tubelet& b) {
    return a.action == b.action ? IntersectionOverUnion(key_box(a), key_box(b)) : 0.0f;
  });
}

void CheckClip(const at::Tensor& slow, int64_t frames) {
  TORCH_CHECK(slow.dim() == 5 && slow.size(1) == 3 && slow.size(2) == frames, "slow: expected [B,3,", frames,
              ",H,W], got ", slow.sizes());
}

}  // namespace

CuboidHead::CuboidHead(const ActOptions& options, const std::vector<int64_t>& channels,
                       const std::vector<int>& per_cell)
    : options_(options) {
  const auto convolution = [&](const std::string& name, int64_t inputs, int64_t outputs) {
    torch::nn::Conv2d conv(torch::nn::Conv2dOptions(inputs, outputs, 3).padding(1));
    const double bound = std::sqrt(3.0 / static_cast<double>(9 * inputs));  // Caffe's "xavier"
    at::NoGradGuard no_grad;
    conv->weight.uniform_(-bound, bound);
    conv->bias.zero_();
    return register_module(name, conv);
  };
  for (size_t level = 0; level < channels.size(); ++level) {
    const std::string number = std::to_string(level);
    const int64_t inputs = options.frames * channels[level];
    scores_.push_back(convolution("scores" + number, inputs, per_cell[level] * (options.classes + 1)));
    offsets_.push_back(convolution("offsets" + number, inputs, per_cell[level] * 4 * options.frames));
  }
}

CuboidPredictions CuboidHead::Forward(const std::vector<at::Tensor>& maps) {
  std::vector<at::Tensor> logits, offsets;
  for (size_t level = 0; level < maps.size(); ++level) {
    const int64_t clips = maps[level].size(0) / options_.frames;
    const at::Tensor x = maps[level]
                             .unflatten(0, {clips, options_.frames})
                             .flatten(1, 2)
                             .contiguous(at::MemoryFormat::ChannelsLast);  // [B, T C, side, side]
    const auto per_anchor = [&](const torch::nn::Conv2d& conv, int64_t values) {
      return Convolve(conv, x).permute({0, 2, 3, 1}).reshape({clips, -1, values});
    };
    logits.push_back(per_anchor(scores_[level], options_.classes + 1));
    offsets.push_back(per_anchor(offsets_[level], 4 * options_.frames));
  }
  return {at::cat(logits, 1), at::cat(offsets, 1).unflatten(2, {options_.frames, 4})};
}

ActDetector::ActDetector(const ActOptions& options)
    : options_(options), backbone_(register_module("backbone", std::make_shared<VggSsd>(options.backbone))) {
  const std::vector<AnchorLevel> levels =
      SsdLevels(static_cast<int>(options.backbone.input_size), backbone_->sides());
  std::vector<int> per_cell;
  for (const AnchorLevel& level : levels) per_cell.push_back(level.per_cell());
  anchors_ = Anchors(levels);
  head_ = register_module("head", std::make_shared<CuboidHead>(options, backbone_->channels(), per_cell));
}

std::vector<at::Tensor> ActDetector::Maps(const at::Tensor& slow) {
  CheckClip(slow, options_.frames);
  return backbone_->Forward(slow.transpose(1, 2).flatten(0, 1));
}

CuboidPredictions ActDetector::Predict(const Clip& clip) {
  const ops::CpuBlockCache::Scope reuse_memory;
  return head_->Forward(Maps(clip.slow));
}

std::vector<at::Tensor> ActDetector::ForwardForCounting(const DetectorInput& input) {
  const CuboidPredictions predictions = Predict(input);
  return {predictions.logits, predictions.offsets};
}

LossOutput ActDetector::Loss(const DetectorInput& input, const Truth& truth, ClassLoss loss) {
  TORCH_CHECK(loss == ClassLoss::kSoftmax, "ACT is trained with the softmax loss only");
  CheckClip(input.slow, options_.frames);
  const int64_t persons = input.clip_index.size(0);
  TORCH_CHECK(truth.labels.sizes() == at::IntArrayRef({persons, options_.classes}), "labels: expected [",
              persons, ",", options_.classes, "], got ", truth.labels.sizes());
  // Without positives there are no negatives either.
  if (persons == 0) return {head_->parameters().front().flatten().slice(0, 0, 0).sum(), {}, {}};
  TORCH_CHECK(
      truth.tubelets.defined() && truth.tubelets.sizes() == at::IntArrayRef({persons, options_.frames, 4}),
      "tubelets: expected [", persons, ",", options_.frames, ",4]");
  const CuboidTargets targets = MakeCuboidTargets(anchors_, input.clip_index, truth, input.slow.size(0));
  const CuboidLoss sums = ComputeCuboidLoss(Predict(input), targets);
  const at::Tensor mean = sums.Mean();
  return {mean, {}, {{mean, static_cast<double>(sums.positives)}}};
}

Detections ActDetector::Detect(const DetectorInput& input, ClassLoss loss) {
  TORCH_CHECK(loss == ClassLoss::kSoftmax, "ACT is trained with the softmax loss only");
  const CuboidPredictions predictions = Predict(input);
  at::Tensor logits = predictions.logits.detach().to(at::kFloat);
  at::Tensor offsets = predictions.offsets.detach().to(at::kFloat).contiguous();
  FetchTogether({&logits, &offsets});
  const at::Tensor scores = logits.softmax(2);
  const auto offset = offsets.accessor<float, 4>();
  const int64_t frames = options_.frames, clips = scores.size(0);
  std::vector<Box> found;
  std::vector<int64_t> clip_index;
  std::vector<float> found_scores;
  for (int64_t b = 0; b < clips; ++b) {
    std::vector<Box> boxes;
    boxes.reserve(anchors_.size() * frames);
    for (size_t a = 0; a < anchors_.size(); ++a) {
      for (int64_t t = 0; t < frames; ++t) {
        const auto row = offset[b][a][t];
        boxes.push_back(Decode(BoxOffsets{row[0], row[1], row[2], row[3]}, anchors_[a], kCuboidCoding));
      }
    }
    std::map<int, std::vector<float>> rows;  // by anchor
    for (const Tubelet& tubelet : Select(scores[b], boxes, frames)) {
      auto& row = rows.try_emplace(tubelet.anchor, options_.classes, -1.0f).first->second;
      row[tubelet.action] = tubelet.score;
    }
    for (const auto& [anchor, row] : rows) {
      found.push_back(ClipToFrame(boxes[anchor * frames + frames / 2]));
      clip_index.push_back(b);
      found_scores.insert(found_scores.end(), row.begin(), row.end());
    }
  }
  Detections detections;
  detections.boxes = TensorOf(found);
  detections.clip_index = at::tensor(clip_index, at::kLong);
  detections.scores = at::tensor(found_scores, at::kFloat).reshape({-1, options_.classes});
  return detections;
}

}  // namespace mrsn::baselines

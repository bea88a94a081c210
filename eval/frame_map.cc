#include "eval/frame_map.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "eval/average_precision.h"
#include "ops/base/parallel.h"
#include "ops/base/status_macros.h"

namespace mrsn::eval {
namespace {

std::string Describe(const Keyframe& keyframe, const formats::BoxD& box) {
  return absl::StrCat("keyframe ", keyframe.video, ",", keyframe.timestamp.Text(), ": box ", box.x1, ",",
                      box.y1, ",", box.x2, ",", box.y2);
}

// Files lose their fractions when they are read; rows in memory are not changed.
absl::Status CheckWhole(Protocol protocol, const Keyframe& keyframe) {
  if (keyframe.timestamp.IsWhole() || RulesOf(protocol).fractional_timestamps) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("keyframe ", keyframe.video, ",", keyframe.timestamp.Text(),
                                                 ": protocol ", ProtocolName(protocol),
                                                 " has whole seconds only, official_2020 has fractions"));
}

// The flags with false (best = false) or true positives first among equal scores.
std::vector<uint8_t> ReorderTies(const std::vector<Match>& matches, std::vector<uint8_t> hits, bool best) {
  for (size_t begin = 0, end; begin < matches.size(); begin = end) {
    end = begin + 1;
    while (end < matches.size() && matches[end].score == matches[begin].score) ++end;
    if (end - begin < 2) continue;
    const int64_t count = std::count(hits.begin() + begin, hits.begin() + end, 1);
    const int64_t ones_begin = best ? 0 : static_cast<int64_t>(end - begin) - count;
    for (int64_t i = 0; i < static_cast<int64_t>(end - begin); ++i) {
      hits[begin + i] = i >= ones_begin && i < ones_begin + count;
    }
  }
  return hits;
}

void Score(ApKind kind, const ClassMatches& matched, ClassResult& result) {
  const std::vector<Match>& matches = matched.matches;
  std::vector<uint8_t> hits(matches.size());
  for (size_t i = 0; i < matches.size(); ++i) {
    hits[i] = matches[i].ground_truth != nullptr;
    result.num_tp += hits[i];
    result.num_tied += (i > 0 && matches[i - 1].score == matches[i].score) ||
                       (i + 1 < matches.size() && matches[i + 1].score == matches[i].score);
  }
  result.num_gt = matched.num_gt;
  result.num_detections = matches.size();
  result.num_fp = result.num_detections - result.num_tp;
  result.ap = result.ap_tie_low = result.ap_tie_high = AveragePrecision(kind, hits, matched.num_gt);
  if (result.num_tied > 0 && result.ap.has_value()) {
    result.ap_tie_low = AveragePrecision(kind, ReorderTies(matches, hits, false), matched.num_gt);
    result.ap_tie_high = AveragePrecision(kind, ReorderTies(matches, hits, true), matched.num_gt);
  }
}

}  // namespace

std::optional<double> MeanOverClasses(const ProtocolRules& rules,
                                      const std::vector<std::optional<double>>& values) {
  std::vector<float> floats;
  double sum = 0;
  for (const std::optional<double>& value : values) {
    if (value.has_value()) {
      sum += *value;
      floats.push_back(100 * static_cast<float>(*value));
    } else if (rules.mean_over_all_classes) {
      return std::nullopt;
    }
  }
  if (floats.empty()) return std::nullopt;
  // ACT and MOC average percentages in float32.
  if (rules.ap == ApKind::kTrapezoid) return NumpyMean(floats) / 100;
  return sum / floats.size();
}

FrameMapEvaluator::FrameMapEvaluator(FrameMapOptions options) : options_(std::move(options)) {
  for (size_t i = 0; i < options_.classes.size(); ++i)
    class_index_[options_.classes[i].id] = static_cast<int>(i);
}

absl::StatusOr<FrameMapEvaluator> FrameMapEvaluator::Create(FrameMapOptions options) {
  if (options.classes.empty()) return absl::InvalidArgumentError("frame-mAP needs at least one class");
  if (!(options.iou_threshold > 0 && options.iou_threshold <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("IoU threshold ", options.iou_threshold, " is not in (0, 1]"));
  }
  if (options.num_threads <= 0) options.num_threads = DefaultThreads();
  FrameMapEvaluator evaluator(std::move(options));
  if (evaluator.class_index_.size() != evaluator.options_.classes.size()) {
    return absl::InvalidArgumentError("a class id occurs twice in the list of classes");
  }
  return evaluator;
}

int FrameMapEvaluator::Number(const Keyframe& keyframe) {
  return keyframes_.Find(keyframe.video, keyframe.timestamp);
}

void FrameMapEvaluator::MarkListed(int keyframe) {
  if (keyframe >= static_cast<int>(listed_.size())) listed_.resize(keyframe + 1, 0);
  listed_[keyframe] = 1;
}

std::vector<formats::Row>& FrameMapEvaluator::OpenBlock(Side side) {
  if (blocks_[side].empty()) blocks_[side].emplace_back();
  return blocks_[side].back();
}

absl::Status FrameMapEvaluator::AddGroundTruth(const Keyframe& keyframe, const formats::BoxD& box,
                                               int class_id, int person_id) {
  if (!box.Finite())
    return absl::InvalidArgumentError(absl::StrCat(Describe(keyframe, box), " is not finite"));
  if (box.Inverted()) {
    return absl::InvalidArgumentError(absl::StrCat(Describe(keyframe, box), " has x2 < x1 or y2 < y1"));
  }
  MRSN_RETURN_IF_ERROR(CheckWhole(options_.protocol, keyframe));
  const int number = Number(keyframe);
  MarkListed(number);
  const auto known = class_index_.find(class_id);
  if (known == class_index_.end()) {
    ++dropped_.other_class_gt;
  } else {
    OpenBlock(kGroundTruth).push_back({box, 1.0, person_id < 0 ? 1.0 : person_id, number, known->second});
  }
  return absl::OkStatus();
}

absl::Status FrameMapEvaluator::AddDetection(const Keyframe& keyframe, const formats::BoxD& box, int class_id,
                                             double score) {
  if (!box.Finite())
    return absl::InvalidArgumentError(absl::StrCat(Describe(keyframe, box), " is not finite"));
  if (!std::isfinite(score)) {
    return absl::InvalidArgumentError(
        absl::StrCat(Describe(keyframe, box), ": score ", score, " is not finite"));
  }
  MRSN_RETURN_IF_ERROR(CheckWhole(options_.protocol, keyframe));
  const auto known = class_index_.find(class_id);
  if (known == class_index_.end()) {
    ++dropped_.other_class_detections;
  } else {
    OpenBlock(kDetections).push_back({box, score, 1.0, Number(keyframe), known->second});
  }
  return absl::OkStatus();
}

void FrameMapEvaluator::ExcludeKeyframe(const Keyframe& keyframe) {
  const int number = Number(keyframe);
  if (number >= static_cast<int>(excluded_.size())) excluded_.resize(number + 1, 0);
  excluded_[number] = 1;
}

void FrameMapEvaluator::ExcludeKeyframes(const formats::KeyframeTable& keyframes) {
  for (const formats::KeyframeTable::Entry& entry : keyframes.keyframes()) {
    const int number = keyframes_.Find(keyframes.videos()[entry.video], entry.timestamp);
    if (number >= static_cast<int>(excluded_.size())) excluded_.resize(number + 1, 0);
    excluded_[number] = 1;
  }
}

void FrameMapEvaluator::AddEmptyKeyframe(const Keyframe& keyframe) { MarkListed(Number(keyframe)); }

void FrameMapEvaluator::AddGroundTruth(formats::RowBlock block) { Append(std::move(block), kGroundTruth); }
void FrameMapEvaluator::AddDetections(formats::RowBlock block) { Append(std::move(block), kDetections); }

void FrameMapEvaluator::Append(formats::RowBlock block, Side side) {
  std::vector<int> number(block.keyframes.size());
  std::vector<int> video(block.keyframes.videos().size());
  for (size_t i = 0; i < video.size(); ++i) video[i] = keyframes_.Video(block.keyframes.videos()[i]);
  for (size_t i = 0; i < number.size(); ++i) {
    const formats::KeyframeTable::Entry& entry = block.keyframes.keyframes()[i];
    number[i] = keyframes_.Find(video[entry.video], entry.timestamp);
    if (side == kGroundTruth) MarkListed(number[i]);
  }
  // Ids are small in every list in use; others go through the map.
  std::vector<int> small_ids(1024, -1);
  for (const auto& [id, index] : class_index_) {
    if (id >= 0 && id < static_cast<int>(small_ids.size())) small_ids[id] = index;
  }
  size_t kept = 0;
  for (formats::Row& row : block.rows) {
    int index = -1;
    if (row.class_id >= 0 && row.class_id < static_cast<int>(small_ids.size())) {
      index = small_ids[row.class_id];
    } else if (const auto known = class_index_.find(row.class_id); known != class_index_.end()) {
      index = known->second;
    }
    if (index < 0) continue;
    formats::Row& target = block.rows[kept++];
    if (&target != &row) target = row;
    target.class_id = index;
    target.keyframe = number[row.keyframe];
  }
  (side == kGroundTruth ? dropped_.other_class_gt : dropped_.other_class_detections) +=
      block.rows.size() - kept;
  block.rows.resize(kept);
  blocks_[side].push_back(std::move(block.rows));
}

absl::Status FrameMapEvaluator::Merge(const FrameMapEvaluator& other) {
  const auto ids = [](const FrameMapOptions& options) {
    std::vector<int> ids;
    for (const formats::ActionClass& c : options.classes) ids.push_back(c.id);
    return ids;
  };
  if (options_.protocol != other.options_.protocol ||
      options_.iou_threshold != other.options_.iou_threshold || ids(options_) != ids(other.options_)) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot merge evaluators of different options: ", ProtocolName(options_.protocol),
                     " at IoU ", options_.iou_threshold, " with ", options_.classes.size(), " classes, and ",
                     ProtocolName(other.options_.protocol), " at IoU ", other.options_.iou_threshold,
                     " with ", other.options_.classes.size(), " classes"));
  }
  const formats::KeyframeTable theirs = other.keyframes_;  // a copy: `other` may be this object
  std::vector<int> number(theirs.size());
  for (int i = 0; i < theirs.size(); ++i) {
    const formats::KeyframeTable::Entry& entry = theirs.keyframes()[i];
    number[i] = keyframes_.Find(theirs.videos()[entry.video], entry.timestamp);
  }
  const auto unite = [&](std::vector<uint8_t>& own, std::vector<uint8_t> added) {
    own.resize(std::max(own.size(), static_cast<size_t>(keyframes_.size())), 0);
    for (size_t i = 0; i < added.size(); ++i) own[number[i]] |= added[i];
  };
  unite(excluded_, other.excluded_);
  unite(listed_, other.listed_);
  for (Side side : {kGroundTruth, kDetections}) {
    std::vector<formats::Row> rows;
    for (const std::vector<formats::Row>& block : other.blocks_[side])
      rows.insert(rows.end(), block.begin(), block.end());
    for (formats::Row& row : rows) row.keyframe = number[row.keyframe];
    blocks_[side].push_back(std::move(rows));
  }
  const DroppedRows dropped = other.dropped_;
  dropped_.Add(dropped);
  return absl::OkStatus();
}

MatchedFrames FrameMapEvaluator::Match() const {
  std::vector<int> class_ids;
  for (const formats::ActionClass& c : options_.classes) class_ids.push_back(c.id);
  MatchedFrames matched =
      MatchFrames({keyframes_, blocks_[kGroundTruth], blocks_[kDetections], excluded_, listed_, class_ids},
                  RulesOf(options_.protocol), options_.iou_threshold, options_.num_threads);
  matched.dropped.Add(dropped_);
  return matched;
}

FrameMapResult FrameMapEvaluator::Summarize(const MatchedFrames& matched) const {
  const ProtocolRules rules = RulesOf(options_.protocol);
  FrameMapResult result;
  result.protocol = options_.protocol;
  result.iou_threshold = options_.iou_threshold;
  result.num_keyframes = matched.num_keyframes;
  result.num_unannotated = matched.num_unannotated;
  result.dropped = matched.dropped;
  std::vector<std::optional<double>> values, low, high;
  std::vector<std::pair<std::string, std::vector<std::optional<double>>>> kinds;
  for (size_t i = 0; i < options_.classes.size(); ++i) {
    const formats::ActionClass& evaluated = options_.classes[i];
    ClassResult c;
    c.id = evaluated.id;
    c.name = evaluated.name;
    c.kind = evaluated.kind;
    Score(rules.ap, matched.classes[i], c);
    result.num_gt += c.num_gt;
    result.num_detections += c.num_detections;
    result.num_tp += c.num_tp;
    values.push_back(c.ap);
    low.push_back(c.ap_tie_low);
    high.push_back(c.ap_tie_high);
    if (!c.kind.empty()) {
      auto it = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.first == c.kind; });
      if (it == kinds.end()) it = kinds.insert(kinds.end(), {c.kind, {}});
      if (c.ap.has_value()) it->second.push_back(c.ap);
    }
    result.per_class.push_back(std::move(c));
  }
  result.frame_map = MeanOverClasses(rules, values);
  if (result.frame_map.has_value()) {
    result.tie_interval = {*MeanOverClasses(rules, low), *MeanOverClasses(rules, high)};
  }
  for (const auto& [kind, aps] : kinds) {
    result.by_kind.push_back({kind, MeanOverClasses(rules, aps), static_cast<int>(aps.size())});
  }
  return result;
}

}  // namespace mrsn::eval

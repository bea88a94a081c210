#include "eval/tubes/video_map.h"

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "eval/average_precision.h"
#include "eval/frame_map.h"
#include "eval/protocol.h"
#include "ops/base/parallel.h"

namespace mrsn::eval {
namespace {

constexpr int kSteps = 10;  // 0.5, 0.55, .. 0.95

// A tube of detections with its overlaps with the annotated tubes of its class and video.
struct ScoredTube {
  double score;
  int video;
  std::vector<double> overlaps;
};

// All of one class.
struct ClassTubes {
  std::vector<ScoredTube> tubes;       // descending score
  std::vector<int64_t> num_annotated;  // by video
  int64_t num_gt = 0;
};

absl::StatusOr<Tube> AnnotatedTube(std::vector<FrameBox> boxes, const std::string& name) {
  std::stable_sort(boxes.begin(), boxes.end(),
                   [](const FrameBox& a, const FrameBox& b) { return a.frame < b.frame; });
  Tube tube;
  tube.first_frame = boxes.front().frame;
  for (size_t i = 0; i < boxes.size(); ++i) {
    if (i > 0 && boxes[i].frame == boxes[i - 1].frame) {
      return absl::InvalidArgumentError(absl::StrCat(name, " has two boxes in frame ", boxes[i].frame));
    }
    if (i > 0) FillGap(boxes[i].frame - boxes[i - 1].frame, boxes[i].box, &tube.boxes);
    tube.boxes.push_back(boxes[i].box);
  }
  return tube;
}

// Hits of the tubes, best score first, at one threshold.
std::vector<uint8_t> Hits(const ClassTubes& tubes, double threshold) {
  std::vector<std::vector<char>> taken;
  for (int64_t count : tubes.num_annotated) taken.emplace_back(count, 0);
  std::vector<uint8_t> hits;
  for (const ScoredTube& tube : tubes.tubes) {
    int best = -1;
    for (int i = 0; i < static_cast<int>(tube.overlaps.size()); ++i) {
      if (!taken[tube.video][i] && (best < 0 || tube.overlaps[i] > tube.overlaps[best])) best = i;
    }
    const bool hit = best >= 0 && tube.overlaps[best] >= threshold;
    if (hit) taken[tube.video][best] = 1;
    hits.push_back(hit);
  }
  return hits;
}

ThresholdResult ScoreAt(double threshold, const std::vector<ClassTubes>& classes) {
  const ProtocolRules rules = RulesOf(Protocol::kAct);
  ThresholdResult one;
  one.threshold = threshold;
  for (const ClassTubes& tubes : classes) {
    const std::vector<uint8_t> hits = Hits(tubes, threshold);
    one.num_hits += std::count(hits.begin(), hits.end(), 1);
    one.per_class.push_back(AveragePrecision(rules.ap, hits, tubes.num_gt));
  }
  one.video_map = MeanOverClasses(rules, one.per_class);
  return one;
}

// The means over 0.5, 0.55, .. 0.95.
void AddMeanOfThresholds(const std::vector<ClassTubes>& classes, VideoMapResult* result) {
  result->mean_50_95 = 0;
  result->mean_50_95_per_class.assign(classes.size(), 0.0);
  const auto add = [](std::optional<double>& sum, const std::optional<double>& value) {
    sum = sum.has_value() && value.has_value() ? std::optional<double>(*sum + *value / kSteps) : std::nullopt;
  };
  for (int i = 0; i < kSteps; ++i) {
    const ThresholdResult one = ScoreAt(0.5 + 0.05 * i, classes);
    add(result->mean_50_95, one.video_map);
    for (size_t c = 0; c < classes.size(); ++c) add(result->mean_50_95_per_class[c], one.per_class[c]);
  }
}

}  // namespace

absl::StatusOr<VideoMapEvaluator> VideoMapEvaluator::Create(VideoMapOptions options) {
  if (options.classes.empty()) return absl::InvalidArgumentError("video-mAP needs at least one class");
  for (double threshold : options.thresholds) {
    if (!(threshold > 0 && threshold <= 1)) {
      return absl::InvalidArgumentError(absl::StrCat("threshold ", threshold, " is not in (0, 1]"));
    }
  }
  if (const absl::Status status = Validate(options.linking); !status.ok()) return status;
  if (options.num_threads <= 0) options.num_threads = DefaultThreads();
  VideoMapEvaluator evaluator(std::move(options));
  for (size_t i = 0; i < evaluator.options_.classes.size(); ++i) {
    if (!evaluator.class_index_.emplace(evaluator.options_.classes[i].id, static_cast<int>(i)).second)
      return absl::InvalidArgumentError("a class id occurs twice in the list of classes");
  }
  return evaluator;
}

void VideoMapEvaluator::AddGroundTruth(const formats::RowBlock& block) {
  Add(block, [](const formats::Row& row, const FrameBox& box, PerClass& own) {
    own.annotated[static_cast<int64_t>(row.person_id)].push_back(box);
  });
}

void VideoMapEvaluator::AddDetections(const formats::RowBlock& block) {
  Add(block, [](const formats::Row&, const FrameBox& box, PerClass& own) { own.detected.push_back(box); });
}

template <typename Put>
void VideoMapEvaluator::Add(const formats::RowBlock& block, const Put& put) {
  std::vector<std::map<int, PerClass>*> videos;
  for (const std::string& name : block.keyframes.videos()) videos.push_back(&videos_[name]);
  for (const formats::Row& row : block.rows) {
    const auto known = class_index_.find(row.class_id);
    if (known == class_index_.end()) continue;
    const formats::KeyframeTable::Entry& entry = block.keyframes.keyframes()[row.keyframe];
    put(row, {entry.timestamp.Floor(), row.box, row.score}, (*videos[entry.video])[known->second]);
  }
}

struct VideoMapEvaluator::LinkedVideo {
  absl::Status status;
  std::vector<std::vector<ScoredTube>> tubes;  // by class
  std::vector<int64_t> num_annotated;
  int64_t low_score = 0, too_short = 0, suppressed = 0;
};

VideoMapEvaluator::LinkedVideo VideoMapEvaluator::LinkVideo(int number, const std::string& name,
                                                            const std::map<int, PerClass>& classes) const {
  LinkedVideo result;
  result.tubes.resize(options_.classes.size());
  result.num_annotated.assign(options_.classes.size(), 0);
  for (const auto& [c, own] : classes) {
    std::vector<Tube> annotated;
    for (const auto& [tube_number, boxes] : own.annotated) {
      absl::StatusOr<Tube> tube = AnnotatedTube(
          boxes, absl::StrCat("tube ", tube_number, " of ", name, ", class ", options_.classes[c].id));
      if (!tube.ok()) {
        result.status = tube.status();
        return result;
      }
      annotated.push_back(*std::move(tube));
    }
    result.num_annotated[c] = annotated.size();
    const LinkedTubes linked = LinkBoxes(own.detected, options_.linking);
    result.low_score += linked.low_score;
    result.too_short += linked.too_short;
    result.suppressed += linked.suppressed;
    for (const Tube& tube : linked.tubes) {
      ScoredTube scored = {tube.score, number, {}};
      for (const Tube& truth : annotated) scored.overlaps.push_back(TubeOverlap(truth, tube));
      result.tubes[c].push_back(std::move(scored));
    }
  }
  return result;
}

absl::StatusOr<std::vector<VideoMapEvaluator::LinkedVideo>> VideoMapEvaluator::LinkVideos() const {
  std::vector<const std::pair<const std::string, std::map<int, PerClass>>*> videos;
  for (const auto& video : videos_) videos.push_back(&video);
  const int num_videos = static_cast<int>(videos.size());
  std::vector<LinkedVideo> linked(num_videos);
  std::atomic<int> next{0};
  RunTasks(std::max(1, std::min(options_.num_threads, num_videos)), [&](int) {
    for (int v = next++; v < num_videos; v = next++) {
      linked[v] = LinkVideo(v, videos[v]->first, videos[v]->second);
    }
  });
  for (const LinkedVideo& video : linked) {
    if (!video.status.ok()) return video.status;
  }
  return linked;
}

absl::StatusOr<VideoMapResult> VideoMapEvaluator::Compute() const {
  absl::StatusOr<std::vector<LinkedVideo>> linked = LinkVideos();
  if (!linked.ok()) return linked.status();
  const int num_classes = static_cast<int>(options_.classes.size());
  VideoMapResult result;
  std::vector<ClassTubes> classes(num_classes);
  for (LinkedVideo& video : *linked) {
    result.low_score += video.low_score;
    result.too_short += video.too_short;
    result.suppressed += video.suppressed;
    bool counts = false;
    for (int c = 0; c < num_classes; ++c) {
      counts |= video.num_annotated[c] > 0 || !video.tubes[c].empty();
      classes[c].num_gt += video.num_annotated[c];
      classes[c].num_annotated.push_back(video.num_annotated[c]);
      for (ScoredTube& tube : video.tubes[c]) classes[c].tubes.push_back(std::move(tube));
    }
    result.num_videos += counts;
  }
  for (int c = 0; c < num_classes; ++c) {
    std::stable_sort(classes[c].tubes.begin(), classes[c].tubes.end(),
                     [](const ScoredTube& a, const ScoredTube& b) { return a.score > b.score; });
    result.classes.emplace_back(options_.classes[c].id, options_.classes[c].name);
    result.num_gt.push_back(classes[c].num_gt);
    result.num_tubes.push_back(classes[c].tubes.size());
  }
  for (double threshold : options_.thresholds) result.thresholds.push_back(ScoreAt(threshold, classes));
  AddMeanOfThresholds(classes, &result);
  return result;
}

}  // namespace mrsn::eval

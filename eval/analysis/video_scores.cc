#include "eval/analysis/video_scores.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "eval/average_precision.h"

namespace mrsn::eval {
namespace {

// What the rows of all classes add up to.
struct Sums {
  std::vector<VideoScore> videos;  // by number in the key frames' table
  std::vector<double> aps;         // of a video: the sum over its classes
  std::vector<double> distance;    // by frame
  std::vector<uint8_t> scored;     // by frame: has ground truth or a scored detection
  std::vector<int> video_of;       // by frame
};

Sums Begin(const FrameMapEvaluator& evaluator, const MatchedFrames& matched) {
  const formats::KeyframeTable& keyframes = evaluator.keyframes();
  Sums sums;
  for (const std::string& name : keyframes.videos()) {
    sums.videos.emplace_back();
    sums.videos.back().video = name;
  }
  sums.aps.resize(sums.videos.size());
  sums.distance.resize(matched.frames.size());
  sums.scored.resize(matched.frames.size());
  for (const MatchedFrame& frame : matched.frames) {
    sums.video_of.push_back(keyframes.keyframes()[frame.keyframe].video);
  }
  return sums;
}

// The rows of one class. `num_gt`: of this class, by video.
void AddClass(const ClassMatches& matched, const std::vector<int64_t>& num_gt, ApKind kind, Sums* sums) {
  std::vector<std::vector<uint8_t>> hits(sums->videos.size());
  absl::flat_hash_set<const formats::Row*> found;
  for (const Match& match : matched.matches) {
    const int video = sums->video_of[match.frame];
    const double score = std::clamp(match.score, 0.0, 1.0);
    hits[video].push_back(match.ground_truth != nullptr);
    sums->scored[match.frame] = 1;
    // A row that is hit was counted as missed.
    sums->distance[match.frame] += match.ground_truth != nullptr ? -score : score;
    if (match.ground_truth != nullptr && found.insert(match.ground_truth).second) {
      --sums->videos[video].num_missed;
    }
  }
  for (size_t v = 0; v < hits.size(); ++v) {
    if (num_gt[v] == 0) continue;
    ++sums->videos[v].num_classes;
    sums->aps[v] += AveragePrecision(kind, hits[v], num_gt[v]).value_or(0);
  }
}

// Ground-truth rows of every class in every video, each counted as missed for now.
std::vector<std::vector<int64_t>> CountGroundTruth(const MatchedFrames& matched, Sums* sums) {
  std::vector<std::vector<int64_t>> counts(matched.classes.size(), std::vector<int64_t>(sums->videos.size()));
  for (size_t f = 0; f < matched.frames.size(); ++f) {
    const MatchedFrame& frame = matched.frames[f];
    if (frame.excluded) continue;
    VideoScore& video = sums->videos[sums->video_of[f]];
    for (int g = 0; g < frame.num_gt; ++g) {
      ++counts[frame.ground_truth[g]->class_id][sums->video_of[f]];
      ++video.num_gt;
      ++video.num_missed;
      sums->scored[f] = 1;
      sums->distance[f] += 1;
    }
  }
  return counts;
}

}  // namespace

std::vector<VideoScore> ScoreVideos(const FrameMapEvaluator& evaluator, const MatchedFrames& matched) {
  Sums sums = Begin(evaluator, matched);
  const std::vector<std::vector<int64_t>> num_gt = CountGroundTruth(matched, &sums);
  const ApKind kind = RulesOf(evaluator.options().protocol).ap;
  for (size_t c = 0; c < matched.classes.size(); ++c) AddClass(matched.classes[c], num_gt[c], kind, &sums);
  std::vector<double> worst(sums.videos.size(), -std::numeric_limits<double>::infinity());
  for (size_t f = 0; f < matched.frames.size(); ++f) {
    if (sums.scored[f] == 0) continue;
    const int v = sums.video_of[f];
    VideoScore& video = sums.videos[v];
    ++video.num_keyframes;
    video.distance += sums.distance[f];
    if (sums.distance[f] <= worst[v]) continue;
    worst[v] = sums.distance[f];
    video.worst_frame = static_cast<int>(f);
  }
  std::vector<VideoScore> scores;
  for (size_t v = 0; v < sums.videos.size(); ++v) {
    VideoScore& video = sums.videos[v];
    if (video.num_keyframes == 0) continue;
    if (video.num_classes > 0) video.frame_map = sums.aps[v] / video.num_classes;
    scores.push_back(std::move(video));
  }
  std::sort(scores.begin(), scores.end(), [](const VideoScore& a, const VideoScore& b) {
    return std::make_pair(a.frame_map.value_or(2), a.video) <
           std::make_pair(b.frame_map.value_or(2), b.video);
  });
  return scores;
}

}  // namespace mrsn::eval

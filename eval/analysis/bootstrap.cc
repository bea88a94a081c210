#include "eval/analysis/bootstrap.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "eval/average_precision.h"
#include "ops/base/parallel.h"
#include "ops/base/random.h"

namespace mrsn::eval {
namespace {

// A class's curve with the video of each detection.
struct Curve {
  std::vector<uint8_t> hits;
  std::vector<int32_t> video;
  std::vector<int64_t> gt_of_video;
};

}  // namespace

std::vector<std::string> EvaluatedVideos(const FrameMapEvaluator& evaluator, const MatchedFrames& matched) {
  const formats::KeyframeTable& table = evaluator.keyframes();
  std::set<int> numbers;
  for (const MatchedFrame& frame : matched.frames) {
    if (!frame.excluded && frame.num_gt > 0) numbers.insert(table.keyframes()[frame.keyframe].video);
  }
  for (const ClassMatches& c : matched.classes) {
    for (const Match& match : c.matches) {
      numbers.insert(table.keyframes()[matched.frames[match.frame].keyframe].video);
    }
  }
  std::vector<std::string> videos;
  for (int number : numbers) videos.push_back(table.videos()[number]);
  std::sort(videos.begin(), videos.end());
  return videos;
}

Resampled Resample(const FrameMapEvaluator& evaluator, const MatchedFrames& matched,
                   const std::vector<std::string>& videos, const BootstrapOptions& options) {
  const formats::KeyframeTable& table = evaluator.keyframes();
  const int num_classes = static_cast<int>(matched.classes.size());
  const int num_videos = static_cast<int>(videos.size());
  absl::flat_hash_map<std::string, int> place;
  for (int i = 0; i < num_videos; ++i) place[videos[i]] = i;
  std::vector<int> video_of_frame(matched.frames.size(), -1);
  for (size_t i = 0; i < matched.frames.size(); ++i) {
    const auto it = place.find(table.videos()[table.keyframes()[matched.frames[i].keyframe].video]);
    if (it != place.end()) video_of_frame[i] = it->second;
  }

  std::vector<Curve> curves(num_classes);
  for (Curve& curve : curves) curve.gt_of_video.assign(num_videos, 0);
  for (size_t i = 0; i < matched.frames.size(); ++i) {
    const MatchedFrame& frame = matched.frames[i];
    if (frame.excluded || video_of_frame[i] < 0) continue;
    for (int g = 0; g < frame.num_gt; ++g)
      ++curves[frame.ground_truth[g]->class_id].gt_of_video[video_of_frame[i]];
  }
  for (int c = 0; c < num_classes; ++c) {
    for (const Match& match : matched.classes[c].matches) {
      if (video_of_frame[match.frame] < 0) continue;
      curves[c].hits.push_back(match.ground_truth != nullptr);
      curves[c].video.push_back(video_of_frame[match.frame]);
    }
  }

  const ProtocolRules rules = RulesOf(evaluator.options().protocol);
  Resampled result;
  result.frame_map.resize(options.samples);
  result.per_class.assign(num_classes, std::vector<std::optional<double>>(options.samples));
  if (num_videos == 0) return result;
  std::atomic<int> next{0};
  const int threads = options.num_threads > 0 ? options.num_threads : DefaultThreads();
  RunTasks(std::min(threads, options.samples), [&](int) {
    std::vector<uint16_t> weight(num_videos);
    std::vector<std::optional<double>> aps(num_classes);
    for (int sample = next++; sample < options.samples; sample = next++) {
      // Each sample has a stream of its own, so that samples can be drawn in any order on any thread.
      SplitMix64 random(SplitMix64(options.seed * 0x100000001b3u + sample).Next());
      std::fill(weight.begin(), weight.end(), 0);
      for (int i = 0; i < num_videos; ++i) ++weight[random.Below(num_videos)];
      for (int c = 0; c < num_classes; ++c) {
        int64_t num_gt = 0;
        for (int v = 0; v < num_videos; ++v) num_gt += weight[v] * curves[c].gt_of_video[v];
        aps[c] = WeightedAveragePrecision(rules.ap, curves[c].hits, curves[c].video, weight, num_gt);
        result.per_class[c][sample] = aps[c];
      }
      result.frame_map[sample] = MeanOverClasses(rules, aps);
    }
  });
  return result;
}

std::optional<std::pair<double, double>> ConfidenceInterval95(
    absl::Span<const std::optional<double>> samples) {
  std::vector<double> values;
  for (const std::optional<double>& sample : samples) {
    if (sample.has_value()) values.push_back(*sample);
  }
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const auto at = [&](double fraction) {
    const double position = fraction * (values.size() - 1);
    const size_t below = static_cast<size_t>(std::floor(position));
    const size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (position - below) * (values[above] - values[below]);
  };
  return std::make_pair(at(0.025), at(0.975));
}

}  // namespace mrsn::eval

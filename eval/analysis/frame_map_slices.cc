#include "eval/analysis/frame_map_slices.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "absl/strings/str_format.h"
#include "eval/average_precision.h"

namespace mrsn::eval {
namespace {

// AP over the matches and ground truth rows for which the predicates hold.
template <typename InSliceMatch, typename InSliceRow>
Slice Compute(const FrameMapEvaluator& evaluator, const MatchedFrames& matched, std::string name,
              InSliceMatch match_in, InSliceRow row_in) {
  const ProtocolRules rules = RulesOf(evaluator.options().protocol);
  Slice slice;
  slice.name = std::move(name);
  std::vector<int64_t> num_gt(matched.classes.size());
  for (size_t i = 0; i < matched.frames.size(); ++i) {
    const MatchedFrame& frame = matched.frames[i];
    if (frame.excluded) continue;
    for (int g = 0; g < frame.num_gt; ++g) {
      if (row_in(static_cast<int>(i), *frame.ground_truth[g])) ++num_gt[frame.ground_truth[g]->class_id];
    }
  }
  double sum = 0;
  std::vector<uint8_t> hits;
  for (size_t c = 0; c < matched.classes.size(); ++c) {
    slice.num_gt += num_gt[c];
    if (num_gt[c] == 0) continue;
    hits.clear();
    for (const Match& match : matched.classes[c].matches) {
      if (match_in(match)) hits.push_back(match.ground_truth != nullptr);
    }
    sum += *AveragePrecision(rules.ap, hits, num_gt[c]);
    ++slice.num_classes;
  }
  if (slice.num_classes > 0) slice.frame_map = sum / slice.num_classes;
  return slice;
}

}  // namespace

std::vector<Slice> ByBoxSize(const FrameMapEvaluator& evaluator, const MatchedFrames& matched) {
  std::vector<double> areas;
  for (const MatchedFrame& frame : matched.frames) {
    for (int g = 0; g < frame.num_gt && !frame.excluded; ++g)
      areas.push_back(frame.ground_truth[g]->box.Area());
  }
  if (areas.empty()) return {};
  const auto quantile = [&](size_t rank) {
    std::nth_element(areas.begin(), areas.begin() + rank, areas.end());
    return areas[rank];
  };
  const double bounds[] = {-std::numeric_limits<double>::infinity(), quantile(areas.size() / 3),
                           quantile(areas.size() * 2 / 3), std::numeric_limits<double>::infinity()};
  const std::string names[] = {absl::StrFormat("small (area < %.4g)", bounds[1]),
                               absl::StrFormat("medium (area < %.4g)", bounds[2]), "large"};
  std::vector<Slice> slices;
  for (int i = 0; i < 3; ++i) {
    const auto inside = [&](const formats::BoxD& box) {
      const double area = box.Area();
      return area >= bounds[i] && area < bounds[i + 1];
    };
    slices.push_back(Compute(
        evaluator, matched, names[i],
        [&](const Match& match) {
          return inside(match.ground_truth != nullptr ? match.ground_truth->box : match.detection->box);
        },
        [&](int, const formats::Row& row) { return inside(row.box); }));
  }
  return slices;
}

std::vector<Slice> ByNumberOfActors(const FrameMapEvaluator& evaluator, const MatchedFrames& matched) {
  std::vector<int> bin(matched.frames.size(), 0);
  using Corners = std::tuple<double, double, double, double>;
  std::vector<Corners> boxes;
  for (size_t i = 0; i < matched.frames.size(); ++i) {
    const MatchedFrame& frame = matched.frames[i];
    boxes.clear();
    for (int g = 0; g < frame.num_gt; ++g) {
      const formats::BoxD& box = frame.ground_truth[g]->box;
      boxes.emplace_back(box.x1, box.y1, box.x2, box.y2);
    }
    std::sort(boxes.begin(), boxes.end());
    bin[i] = std::min<int>(4, std::unique(boxes.begin(), boxes.end()) - boxes.begin());
  }
  std::vector<Slice> slices;
  for (int actors = 1; actors <= 4; ++actors) {
    slices.push_back(Compute(
        evaluator, matched, actors == 4 ? "4+" : std::to_string(actors),
        [&](const Match& match) { return bin[match.frame] == actors; },
        [&](int frame, const formats::Row&) { return bin[frame] == actors; }));
  }
  return slices;
}

}  // namespace mrsn::eval

#include "experiments/detect/relation_drawing.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "opencv2/imgproc.hpp"

namespace mrsn::experiments {
namespace {

constexpr float kLeastWeight = 0.05f;
constexpr double kHeatOpacity = 0.55;
const cv::Scalar kBarPlate(20, 20, 20);

// The weights on a square grid over the whole picture. The brightest is the largest, or four times the mean:
// equal weights are dark.
void DrawHeat(const std::vector<float>& weights, cv::Mat* bgr) {
  const int side = static_cast<int>(std::lround(std::sqrt(static_cast<double>(weights.size()))));
  const float sum = std::accumulate(weights.begin(), weights.end(), 0.0f);
  const float most = weights.empty() ? 0
                                     : std::max(*std::max_element(weights.begin(), weights.end()),
                                                4 * sum / static_cast<float>(weights.size()));
  if (side < 1 || static_cast<size_t>(side) * side != weights.size() || !(most > 0)) return;
  cv::Mat grid(side, side, CV_8UC1);
  for (int i = 0; i < side * side; ++i) {
    grid.at<uint8_t>(i / side, i % side) = cv::saturate_cast<uint8_t>(255 * weights[i] / most);
  }
  cv::Mat heat;
  cv::resize(grid, heat, bgr->size(), 0, 0, cv::INTER_LINEAR);
  cv::applyColorMap(heat, heat, cv::COLORMAP_INFERNO);
  cv::addWeighted(heat, kHeatOpacity, *bgr, 1 - kHeatOpacity, 0, *bgr);
}

const DrawnPerson* FindTrack(const std::vector<DrawnPerson>& shown, int track) {
  const auto found = std::find_if(shown.begin(), shown.end(),
                                  [&](const DrawnPerson& person) { return person.track == track; });
  return found == shown.end() ? nullptr : &*found;
}

cv::Point CentreOf(const Box& box, cv::Size picture) {
  return {static_cast<int>((box.x1 + box.x2) / 2 * picture.width),
          static_cast<int>((box.y1 + box.y2) / 2 * picture.height)};
}

void DrawEdges(const DetectedKeyframe& keyframe, const std::vector<DrawnPerson>& shown, cv::Mat* bgr) {
  const int text = TextHeight(bgr->rows);
  for (const ScoredPerson& person : keyframe.persons) {
    const DrawnPerson* from = FindTrack(shown, person.track);
    if (from == nullptr) continue;
    for (size_t m = 0; m < person.relations.persons.size(); ++m) {
      const float weight = person.relations.persons[m];
      const DrawnPerson* to = FindTrack(shown, keyframe.persons[m].track);
      if (to == nullptr || to == from || weight < kLeastWeight) continue;
      cv::Point a = CentreOf(from->box, bgr->size()), b = CentreOf(to->box, bgr->size());
      // To the right of the way, so that the arrow back is another line.
      const cv::Point2d way(b - a);
      const double length = std::max(1.0, std::hypot(way.x, way.y));
      const cv::Point aside(static_cast<int>(-way.y / length * text / 2),
                            static_cast<int>(way.x / length * text / 2));
      a += aside;
      b += aside;
      const int width = std::max(1, static_cast<int>(std::lround(weight * text)));
      cv::arrowedLine(*bgr, a, b, TrackColour(person.track), width, cv::LINE_AA, 0,
                      std::min(0.3, text / length));
      const std::string label = absl::StrFormat("%.2f", weight);
      const cv::Size plate = PlateSize(label, text);
      const cv::Point at = a + (b - a) * 2 / 3;
      DrawPlate(label,
                {std::clamp(at.x - plate.width / 2, 0, std::max(0, bgr->cols - plate.width)),
                 std::clamp(at.y - plate.height / 2, 0, std::max(0, bgr->rows - plate.height))},
                text, TrackColour(person.track), bgr);
    }
  }
}

// A row of bars at the lower edge, one a second.
void DrawSeconds(const ScoredPerson& person, cv::Mat* bgr) {
  const std::vector<float>& seconds = person.relations.seconds;
  const float most = seconds.empty() ? 0 : *std::max_element(seconds.begin(), seconds.end());
  if (!(most > 0)) return;
  const int text = TextHeight(bgr->rows), height = 3 * text;
  const cv::Rect strip(0, std::max(0, bgr->rows - height - 2 * text), bgr->cols, height + 2 * text);
  cv::Mat part = (*bgr)(strip & cv::Rect(0, 0, bgr->cols, bgr->rows));
  part = part * 0.35;
  const double step = static_cast<double>(bgr->cols) / static_cast<double>(seconds.size());
  for (size_t i = 0; i < seconds.size(); ++i) {
    const int left = static_cast<int>(i * step) + 1, right = static_cast<int>((i + 1) * step) - 1;
    const int tall = static_cast<int>(std::lround(height * seconds[i] / most));
    cv::rectangle(*bgr, {left, bgr->rows - tall}, {std::max(left, right), bgr->rows},
                  TrackColour(person.track), cv::FILLED);
  }
  DrawPlate(absl::StrFormat("#%d: seconds %+d to %+d, most %.2f", person.track, person.relations.first_offset,
                            person.relations.first_offset + static_cast<int>(seconds.size()) - 1, most),
            {0, strip.y}, text, kBarPlate, bgr);
}

}  // namespace

void DrawRelations(const DetectedKeyframe& keyframe, std::vector<DrawnPerson> shown, cv::Mat* bgr) {
  const auto certain = std::max_element(
      keyframe.persons.begin(), keyframe.persons.end(),
      [](const ScoredPerson& a, const ScoredPerson& b) { return a.person_score < b.person_score; });
  const bool anybody = certain != keyframe.persons.end();
  if (anybody) DrawHeat(certain->relations.context, bgr);
  for (DrawnPerson& person : shown) {
    const bool heat = anybody && person.track == certain->track && !certain->relations.context.empty();
    person.lines = {absl::StrCat("#", person.track, heat ? " looks at" : "")};
  }
  DrawPersons(shown, bgr);
  DrawEdges(keyframe, shown, bgr);
  if (anybody) DrawSeconds(*certain, bgr);
}

}  // namespace mrsn::experiments

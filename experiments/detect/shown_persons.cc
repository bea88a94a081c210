#include "experiments/detect/shown_persons.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/detect/detection_writer.h"

namespace mrsn::experiments {
namespace {

const ScoredPerson* FindTrack(const DetectedKeyframe& keyframe, int track) {
  const auto found = std::find_if(keyframe.persons.begin(), keyframe.persons.end(),
                                  [&](const ScoredPerson& person) { return person.track == track; });
  return found == keyframe.persons.end() ? nullptr : &*found;
}

Box Between(const Box& a, const Box& b, float share) {
  const auto mixed = [&](float from, float to) { return from + share * (to - from); };
  return {mixed(a.x1, b.x1), mixed(a.y1, b.y1), mixed(a.x2, b.x2), mixed(a.y2, b.y2)};
}

// The place of a moment on the way from one key frame to another: 0 at the former, 1 at the latter, below 0
// before the former.
float ShareOfWay(const DetectedKeyframe& from, const DetectedKeyframe& to, double seconds) {
  if (from.seconds == to.seconds) return 0;
  return static_cast<float>((seconds - from.seconds) / (to.seconds - from.seconds));
}

}  // namespace

DrawnPerson ShownPerson(const ScoredPerson& person, const std::vector<datasets::ActionClass>& classes,
                        const ShownOptions& options) {
  DrawnPerson drawn{person.box, person.track, {}};
  for (const int place : ByScore(person.scores, classes)) {
    const float score = person.scores[place];
    if (score < options.min_score || static_cast<int>(drawn.lines.size()) >= options.actions) break;
    drawn.lines.push_back(
        absl::StrCat(ShortActionName(classes[place].name), absl::StrFormat(" %.2f", score)));
  }
  if (drawn.lines.empty()) drawn.lines.emplace_back();
  drawn.lines[0] = absl::StrCat("#", person.track, drawn.lines[0].empty() ? "" : " ", drawn.lines[0]);
  return drawn;
}

std::vector<DrawnPerson> ShownPersons::At(double seconds) {
  const std::vector<DetectedKeyframe>& keyframes = video_.keyframes;
  std::vector<DrawnPerson> shown;
  if (keyframes.empty()) return shown;
  while (place_ + 1 < keyframes.size() && keyframes[place_ + 1].seconds <= seconds) ++place_;
  const DetectedKeyframe& before = keyframes[place_];
  const bool last = place_ + 1 == keyframes.size();
  const DetectedKeyframe& after = keyframes[last ? place_ : place_ + 1];
  const bool first_half = last || ShareOfWay(before, after, seconds) < 0.5f;
  const DetectedKeyframe& nearer = first_half ? before : after;
  const DetectedKeyframe& farther = first_half ? after : before;
  // The key frame on the other side of the nearer one.
  const DetectedKeyframe* beyond = nullptr;
  if (first_half && place_ > 0) beyond = &keyframes[place_ - 1];
  if (!first_half && place_ + 2 < keyframes.size()) beyond = &keyframes[place_ + 2];
  nearest_ = &nearer;
  for (const ScoredPerson& person : nearer.persons) {
    DrawnPerson drawn = ShownPerson(person, classes_, options_);
    if (const ScoredPerson* other = FindTrack(farther, person.track); other != nullptr) {
      drawn.box = Between(person.box, other->box, ShareOfWay(nearer, farther, seconds));
    } else if (beyond != nullptr) {
      // Seen in no key frame on the other side: the person goes on as from the key frame before or behind.
      if (other = FindTrack(*beyond, person.track); other != nullptr) {
        drawn.box = Between(person.box, other->box, ShareOfWay(nearer, *beyond, seconds));
      }
    }
    shown.push_back(std::move(drawn));
  }
  return shown;
}

}  // namespace mrsn::experiments

#include "experiments/detect/tracker.h"

#include <algorithm>
#include <tuple>

namespace mrsn::experiments {
namespace {

constexpr int kNoTrack = -1;

Box Enlarged(const Box& box, float share) {
  const float x = share * (box.x2 - box.x1), y = share * (box.y2 - box.y1);
  return {box.x1 - x, box.y1 - y, box.x2 + x, box.y2 + y};
}

}  // namespace

Box Tracker::Expected(const Track& track, double seconds) const {
  const Seen& last = track.seen.back();
  const Seen& first = track.seen.front();
  const double between = last.seconds - first.seconds;
  if (!(between > 0)) return last.box;
  // The mean velocity of the box's centre; its size stays.
  const double share = (seconds - last.seconds) / between / 2;
  const auto moved = [&](float Box::*low, float Box::*high) {
    return static_cast<float>(share * (last.box.*low + last.box.*high - first.box.*low - first.box.*high));
  };
  const float x = moved(&Box::x1, &Box::x2), y = moved(&Box::y1, &Box::y2);
  return {last.box.x1 + x, last.box.y1 + y, last.box.x2 + x, last.box.y2 + y};
}

void Tracker::Match(float buffer, const std::vector<Box>& expected, const std::vector<Box>& boxes,
                    std::vector<int>* place_of_box) const {
  std::vector<char> taken(tracks_.size());
  for (const int place : *place_of_box) {
    if (place != kNoTrack) taken[place] = true;
  }
  std::vector<std::tuple<float, int, int>> pairs;  // minus overlap, track, box
  for (size_t t = 0; t < tracks_.size(); ++t) {
    if (taken[t]) continue;
    for (size_t b = 0; b < boxes.size(); ++b) {
      if ((*place_of_box)[b] != kNoTrack) continue;
      const float overlap = IntersectionOverUnion(Enlarged(expected[t], buffer), Enlarged(boxes[b], buffer));
      if (overlap > options_.min_overlap) pairs.emplace_back(-overlap, t, b);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  for (const auto& [overlap, t, b] : pairs) {
    if (taken[t] || (*place_of_box)[b] != kNoTrack) continue;
    taken[t] = true;
    (*place_of_box)[b] = t;
  }
}

std::vector<int> Tracker::Update(double seconds, const std::vector<Box>& boxes) {
  const auto over = [&](const Track& track) {
    return seconds - track.seen.back().seconds > options_.lost_seconds;
  };
  tracks_.erase(std::remove_if(tracks_.begin(), tracks_.end(), over), tracks_.end());
  std::vector<Box> expected;
  for (const Track& track : tracks_) expected.push_back(Expected(track, seconds));
  std::vector<int> place_of_box(boxes.size(), kNoTrack);
  for (const float buffer : {options_.small_buffer, options_.large_buffer}) {
    Match(buffer, expected, boxes, &place_of_box);
  }
  std::vector<int> numbers;
  for (size_t b = 0; b < boxes.size(); ++b) {
    if (place_of_box[b] == kNoTrack) {
      place_of_box[b] = static_cast<int>(tracks_.size());
      tracks_.push_back({++last_number_, {}});
    }
    Track& track = tracks_[place_of_box[b]];
    track.seen.push_back({seconds, boxes[b]});
    if (track.seen.size() > static_cast<size_t>(options_.motion_boxes)) track.seen.pop_front();
    numbers.push_back(track.number);
  }
  return numbers;
}

}  // namespace mrsn::experiments

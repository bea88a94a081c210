#include "ops/formats/annotation_rows.h"

namespace mrsn::formats {

int KeyframeTable::Video(absl::string_view name) {
  if (last_video_ >= 0 && videos_[last_video_] == name) return last_video_;
  const auto [it, added] = video_numbers_.try_emplace(name, static_cast<int>(videos_.size()));
  if (added) videos_.emplace_back(name);
  return last_video_ = it->second;
}

int KeyframeTable::Find(int video, Timestamp timestamp) {
  if (last_keyframe_ >= 0) {
    const Entry& last = keyframes_[last_keyframe_];
    if (last.video == video && last.timestamp == timestamp) return last_keyframe_;
  }
  const auto [it, added] =
      keyframe_numbers_.try_emplace({video, timestamp}, static_cast<int>(keyframes_.size()));
  if (added) keyframes_.push_back({video, timestamp});
  return last_keyframe_ = it->second;
}

int KeyframeTable::Find(absl::string_view video, Timestamp timestamp) {
  return Find(Video(video), timestamp);
}

}  // namespace mrsn::formats

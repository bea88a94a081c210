#include "ops/formats/annotation_rows.h"

namespace mrsn::formats {

int KeyframeTable::Video(absl::string_view name) {
  if (last_video_ >= 0 && videos_[last_video_] == name) return last_video_;
  const auto [it, added] = video_numbers_.try_emplace(name, static_cast<int>(videos_.size()));
  if (added) videos_.emplace_back(name);
  return last_video_ = it->second;
}

int KeyframeTable::Find(int video, int64_t micros) {
  if (last_keyframe_ >= 0) {
    const Entry& last = keyframes_[last_keyframe_];
    if (last.video == video && last.micros == micros) return last_keyframe_;
  }
  const auto [it, added] =
      keyframe_numbers_.try_emplace({video, micros}, static_cast<int>(keyframes_.size()));
  if (added) keyframes_.push_back({video, micros});
  return last_keyframe_ = it->second;
}

int KeyframeTable::Find(absl::string_view video, int64_t micros) { return Find(Video(video), micros); }

}  // namespace mrsn::formats

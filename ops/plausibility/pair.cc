#include "ops/plausibility/pair.h"

#include <algorithm>

namespace mrsn::plausibility {
namespace {

// Seconds from 900, as AVA counts them, from the clip's start or from AVA's first key frame; frames instead
// of seconds, with 24, 25 or 30 a second and the first one numbered 0 or 1.
constexpr Clock kClocks[] = {
    {},
    {1, 1, -1, "when 1 is added to their key frames: numbered from 0 instead of 1?"},
    {1, 1, 1, "when 1 is subtracted from their key frames: numbered from 1 instead of 0?"},
    {1, 1, -900, "when 900 is added to their key frames: seconds of the clip instead of the movie?"},
    {1, 1, 900, "when 900 is subtracted from their key frames: seconds of the movie instead of the clip?"},
    {1, 1, -902, "when 902 is added to their key frames: numbered from the first key frame?"},
    {1, 1, 902, "when 902 is subtracted from their key frames: seconds of the movie?"},
    {30, 1, -27000, "when their key frames are read as frames, 30 a second, from second 900"},
    {30, 1, -26999, "when their key frames are read as frames from 1, 30 a second, from second 900"},
    {25, 1, -22500, "when their key frames are read as frames, 25 a second, from second 900"},
    {25, 1, -22499, "when their key frames are read as frames from 1, 25 a second, from second 900"},
    {30, 1, 0, "when their key frames are read as frames, 30 a second"},
    {30, 1, 1, "when their key frames are read as frames from 1, 30 a second"},
    {25, 1, 0, "when their key frames are read as frames, 25 a second"},
    {25, 1, 1, "when their key frames are read as frames from 1, 25 a second"},
    {24, 1, 0, "when their key frames are read as frames, 24 a second"},
    {24, 1, 1, "when their key frames are read as frames from 1, 24 a second"},
    {1, 30, 0, "when their key frames are read as seconds of 30 frames"},
    {1, 25, 0, "when their key frames are read as seconds of 25 frames"},
    {1, 24, 0, "when their key frames are read as seconds of 24 frames"},
    {1, 30, 900, "when their key frames are read as seconds of 30 frames, from 900"},
    {1, 25, 900, "when their key frames are read as seconds of 25 frames, from 900"},
};

}  // namespace

absl::Span<const Clock> Clocks() { return kClocks; }

Pair::Pair(const Side& annotations, const Side& other, int max_sample) : sides_{&annotations, &other} {
  // Most key frames are on both sides: room for one side's is enough.
  size_t keyframes = 0;
  for (const formats::RowBlock& block : annotations.blocks) keyframes += block.keyframes.size();
  keyframes_.reserve(keyframes);
  keyframe_numbers_.reserve(keyframes);
  Number(kAnnotated);
  Number(kOther);
  std::vector<uint8_t> has_rows(keyframes_.size(), 0);
  for (size_t b = 0; b < annotations.blocks.size(); ++b) {
    for (const formats::Row& row : annotations.blocks[b].rows)
      has_rows[numbers_[kAnnotated][b][row.keyframe]] = 1;
  }
  std::vector<int> candidates;
  for (int i = 0; i < static_cast<int>(keyframes_.size()); ++i) {
    if (has_rows[i] && has_video_[kOther][keyframes_[i].video]) candidates.push_back(i);
  }
  const int64_t count = std::min<int64_t>(max_sample, candidates.size());
  for (int64_t i = 0; i < count; ++i) sample_.push_back(candidates[i * candidates.size() / count]);
  std::vector<uint8_t> needed(keyframes_.size(), 0);
  for (int keyframe : sample_) {
    for (const Clock& clock : kClocks) {
      if (const int counterpart = Counterpart(keyframe, clock); counterpart >= 0) needed[counterpart] = 1;
    }
    needed[keyframe] = 1;
  }
  Group(kAnnotated, needed);
  Group(kOther, needed);
}

void Pair::Number(Of of) {
  for (const formats::RowBlock& block : sides_[of]->blocks) {
    std::vector<int> video_of;
    for (const std::string& name : block.keyframes.videos()) {
      const auto [it, fresh] = video_numbers_.emplace(name, static_cast<int>(videos_.size()));
      if (fresh) {
        videos_.push_back(name);
        has_video_[0].push_back(0);
        has_video_[1].push_back(0);
      }
      has_video_[of][it->second] = 1;
      video_of.push_back(it->second);
    }
    std::vector<int>& numbers = numbers_[of].emplace_back();
    for (const formats::KeyframeTable::Entry& entry : block.keyframes.keyframes()) {
      const std::pair<int, Timestamp> key(video_of[entry.video], entry.timestamp);
      const auto [it, fresh] = keyframe_numbers_.emplace(key, static_cast<int>(keyframes_.size()));
      if (fresh) keyframes_.push_back({key.first, key.second, {false, false}});
      keyframes_[it->second].has[of] = true;
      numbers.push_back(it->second);
    }
  }
}

int64_t Pair::CountVideos(Of of) const { return std::count(has_video_[of].begin(), has_video_[of].end(), 1); }

std::string Pair::KeyframeName(int keyframe) const {
  formats::KeyframeTable table;
  return KeyframeText(table, table.Find(videos_[keyframes_[keyframe].video], keyframes_[keyframe].timestamp));
}

int Pair::Find(int video, Timestamp timestamp) const {
  const auto it = keyframe_numbers_.find({video, timestamp});
  return it == keyframe_numbers_.end() ? -1 : it->second;
}

int Pair::Counterpart(int keyframe, const Clock& clock) const {
  const Keyframe& k = keyframes_[keyframe];
  Timestamp other = Timestamp::OfMicros(k.timestamp.micros() * clock.numerator);
  if (clock.denominator > 1) other = Timestamp::OfMicros(other.micros() / clock.denominator).Floor();
  const int found = Find(k.video, other + clock.add);
  return found >= 0 && keyframes_[found].has[kOther] ? found : -1;
}

void Pair::Group(Of of, const std::vector<uint8_t>& needed) {
  std::vector<uint32_t>& begin = begin_[of];
  begin.assign(keyframes_.size() + 1, 0);
  const auto for_each = [&](const auto& visit) {
    for (size_t b = 0; b < sides_[of]->blocks.size(); ++b) {
      const formats::RowBlock& block = sides_[of]->blocks[b];
      for (const formats::Row& row : block.rows) {
        const int keyframe = numbers_[of][b][row.keyframe];
        if (needed[keyframe]) visit(keyframe, block, row);
      }
    }
  };
  for_each([&](int keyframe, const formats::RowBlock&, const formats::Row&) { ++begin[keyframe + 1]; });
  for (size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
  rows_[of].resize(begin.back());
  std::vector<uint32_t> next(begin.begin(), begin.end() - 1);
  for_each([&](int keyframe, const formats::RowBlock& block, const formats::Row& row) {
    rows_[of][next[keyframe]++] = {&block, &row};
  });
}

absl::Span<const Place> Pair::Rows(Of of, int keyframe) const {
  return absl::MakeConstSpan(rows_[of]).subspan(begin_[of][keyframe],
                                                begin_[of][keyframe + 1] - begin_[of][keyframe]);
}

}  // namespace mrsn::plausibility

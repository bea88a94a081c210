#include "datasets/box_table.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/string_view.h"

namespace mrsn::datasets {
namespace {

using formats::KeyframeTable;
using formats::RowBlock;

// A key frame by its video's place in the order of names, and its time: ordered as key frames are.
using Place = std::pair<int64_t, Timestamp>;

Box Normalised(const formats::BoxD& box, FrameSize frame) {
  const double width = frame.width == 0 ? 1 : frame.width, height = frame.width == 0 ? 1 : frame.height;
  return {static_cast<float>(box.x1 / width), static_cast<float>(box.y1 / height),
          static_cast<float>(box.x2 / width), static_cast<float>(box.y2 / height)};
}

}  // namespace

BoxTable::BoxTable(const std::vector<NamedRow>& rows) {
  std::vector<const NamedRow*> order;
  for (const NamedRow& row : rows) order.push_back(&row);
  std::stable_sort(order.begin(), order.end(),
                   [](const NamedRow* a, const NamedRow* b) { return a->keyframe < b->keyframe; });
  for (const NamedRow* row : order) {
    if (keyframes_.empty() || !(keyframes_.back() == row->keyframe)) {
      keyframes_.push_back(row->keyframe);
      first_.push_back(rows_.size());
    }
    rows_.push_back(row->row);
    first_.back() = rows_.size();
  }
}

BoxTable::BoxTable(const formats::CsvContents& contents, FrameSize frame) {
  std::set<absl::string_view> names;
  for (const RowBlock& block : contents.blocks) {
    names.insert(block.keyframes.videos().begin(), block.keyframes.videos().end());
  }
  const std::vector<absl::string_view> videos(names.begin(), names.end());
  std::vector<std::vector<Place>> places;  // of each block's key frames
  std::vector<Place> keyframes;
  for (const RowBlock& block : contents.blocks) {
    std::vector<int64_t> video;
    for (const std::string& name : block.keyframes.videos()) {
      video.push_back(std::lower_bound(videos.begin(), videos.end(), name) - videos.begin());
    }
    std::vector<Place>& own = places.emplace_back();
    for (const KeyframeTable::Entry& entry : block.keyframes.keyframes()) {
      own.emplace_back(video[entry.video], entry.timestamp);
    }
    keyframes.insert(keyframes.end(), own.begin(), own.end());
  }
  std::sort(keyframes.begin(), keyframes.end());
  keyframes.erase(std::unique(keyframes.begin(), keyframes.end()), keyframes.end());

  std::vector<std::pair<int64_t, const formats::Row*>> order;  // number of the key frame, row
  order.reserve(contents.num_rows);
  for (size_t b = 0; b < contents.blocks.size(); ++b) {
    std::vector<int64_t> number;
    for (const Place& place : places[b]) {
      number.push_back(std::lower_bound(keyframes.begin(), keyframes.end(), place) - keyframes.begin());
    }
    for (const formats::Row& row : contents.blocks[b].rows) order.emplace_back(number[row.keyframe], &row);
  }
  const auto earlier = [](const auto& a, const auto& b) { return a.first < b.first; };
  if (!std::is_sorted(order.begin(), order.end(), earlier)) {  // most files are
    std::stable_sort(order.begin(), order.end(), earlier);
  }

  keyframes_.reserve(keyframes.size());
  first_.reserve(keyframes.size() + 1);
  rows_.reserve(order.size());
  auto next = order.begin();
  for (size_t i = 0; i < keyframes.size(); ++i) {
    keyframes_.push_back({std::string(videos[keyframes[i].first]), keyframes[i].second});
    for (; next != order.end() && next->first == static_cast<int64_t>(i); ++next) {
      const formats::Row& row = *next->second;
      rows_.push_back({Normalised(row.box, frame), static_cast<float>(row.score), row.class_id,
                       static_cast<int>(row.person_id)});
    }
    first_.push_back(rows_.size());
  }
}

Keyframe KeyframeOf(const RowBlock& block, int number) {
  const KeyframeTable::Entry& entry = block.keyframes.keyframes()[number];
  return {block.keyframes.videos()[entry.video], entry.timestamp};
}

RowsOfOtherClasses FindRowsOfOtherClasses(const formats::CsvContents& contents,
                                          const absl::flat_hash_set<int>& ids) {
  RowsOfOtherClasses found;
  for (const formats::RowBlock& block : contents.blocks) {
    for (const formats::Row& row : block.rows) {
      if (ids.contains(row.class_id) || found.rows++ > 0) continue;
      found.first = KeyframeOf(block, row.keyframe);
      found.class_id = row.class_id;
    }
  }
  return found;
}

std::vector<std::string> VideosOf(const BoxTable& table) {
  std::vector<std::string> videos;
  for (const Keyframe& keyframe : table.keyframes()) {
    if (videos.empty() || videos.back() != keyframe.video) videos.push_back(keyframe.video);
  }
  return videos;
}

}  // namespace mrsn::datasets

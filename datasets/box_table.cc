#include "datasets/box_table.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/string_view.h"

namespace mrsn::datasets {
namespace {

using formats::KeyframeTable;
using formats::RowBlock;

int TimestampOf(const KeyframeTable::Entry& entry) {
  return static_cast<int>(entry.micros / KeyframeTable::kUnit);
}

// One number for a video, by its place in the order of names, and a time: ordered as key frames are.
int64_t Code(int64_t video, int timestamp) { return video << 32 | timestamp; }

Box Normalised(const formats::BoxD& box, FrameSize frame) {
  const double width = frame.width == 0 ? 1 : frame.width, height = frame.width == 0 ? 1 : frame.height;
  return {static_cast<float>(box.x1 / width), static_cast<float>(box.y1 / height),
          static_cast<float>(box.x2 / width), static_cast<float>(box.y2 / height)};
}

// Sorts `codes`, where the second number is the row's, unless they are in order already: most files are.
void SortByCode(std::vector<std::pair<int64_t, int64_t>>* codes) {
  if (!std::is_sorted(codes->begin(), codes->end())) std::sort(codes->begin(), codes->end());
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
  std::vector<int64_t> keyframes;
  std::vector<std::pair<int64_t, int64_t>> order;  // code of the key frame, number of the row
  std::vector<std::pair<const RowBlock*, int64_t>> starts;
  order.reserve(contents.num_rows);
  for (const RowBlock& block : contents.blocks) {
    std::vector<int64_t> position, code;
    for (const std::string& video : block.keyframes.videos()) {
      position.push_back(std::lower_bound(videos.begin(), videos.end(), video) - videos.begin());
    }
    for (const KeyframeTable::Entry& entry : block.keyframes.keyframes()) {
      code.push_back(Code(position[entry.video], TimestampOf(entry)));
    }
    keyframes.insert(keyframes.end(), code.begin(), code.end());
    starts.emplace_back(&block, order.size());
    for (const formats::Row& row : block.rows) order.emplace_back(code[row.keyframe], order.size());
  }
  std::sort(keyframes.begin(), keyframes.end());
  keyframes.erase(std::unique(keyframes.begin(), keyframes.end()), keyframes.end());
  SortByCode(&order);

  keyframes_.reserve(keyframes.size());
  first_.reserve(keyframes.size() + 1);
  rows_.reserve(order.size());
  auto next = order.begin();
  for (const int64_t code : keyframes) {
    keyframes_.push_back({std::string(videos[code >> 32]), static_cast<int>(code & 0xffffffff)});
    for (; next != order.end() && next->first == code; ++next) {
      // The last block that begins at or before the row.
      auto block = std::upper_bound(starts.begin(), starts.end(), next->second,
                                    [](int64_t number, const auto& start) { return number < start.second; });
      --block;
      const formats::Row& row = block->first->rows[next->second - block->second];
      rows_.push_back({Normalised(row.box, frame), static_cast<float>(row.score), row.class_id,
                       static_cast<int>(row.person_id)});
    }
    first_.push_back(rows_.size());
  }
}

Keyframe KeyframeOf(const RowBlock& block, int number) {
  const KeyframeTable::Entry& entry = block.keyframes.keyframes()[number];
  return {block.keyframes.videos()[entry.video], TimestampOf(entry)};
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

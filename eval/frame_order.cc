#include "eval/frame_order.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace mrsn::eval {
namespace {

using Entry = formats::KeyframeTable::Entry;

// Sorts by the whole file name: needed when one video's name continues
// another's, or when frame numbers have six digits.
std::vector<int> ByFileName(const formats::KeyframeTable& table, const std::vector<std::string>& videos) {
  std::vector<std::string> names(table.size());
  for (int i = 0; i < table.size(); ++i) {
    const Entry& entry = table.keyframes()[i];
    names[i] = absl::StrFormat("%s_%05d", videos[entry.video], entry.timestamp.Floor());
  }
  std::vector<int> order(table.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int a, int b) { return std::tie(names[a], a) < std::tie(names[b], b); });
  return order;
}

}  // namespace

std::vector<int> FrameOrder(const formats::KeyframeTable& table, Dataset dataset) {
  std::vector<std::string> videos = table.videos();
  if (dataset == Dataset::kUcf24) {
    for (std::string& video : videos) video = absl::StrReplaceAll(video, {{"/", "_"}});
  }
  std::vector<int> by_name(videos.size());
  std::iota(by_name.begin(), by_name.end(), 0);
  std::sort(by_name.begin(), by_name.end(),
            [&](int a, int b) { return std::tie(videos[a], a) < std::tie(videos[b], b); });

  if (dataset == Dataset::kUcf24) {
    bool by_parts = true;
    for (size_t i = 0; i + 1 < by_name.size(); ++i) {
      by_parts &= !absl::StartsWith(videos[by_name[i + 1]], videos[by_name[i]]);
    }
    for (const Entry& entry : table.keyframes()) {
      by_parts &= entry.timestamp >= 0 && entry.timestamp < 100000;
    }
    if (!by_parts) return ByFileName(table, videos);
  }

  std::vector<int> video_rank(videos.size());
  for (size_t rank = 0; rank < by_name.size(); ++rank) video_rank[by_name[rank]] = static_cast<int>(rank);
  const auto key = [&](int keyframe) {
    const Entry& entry = table.keyframes()[keyframe];
    return std::make_tuple(video_rank[entry.video], entry.timestamp);
  };
  std::vector<int> order(table.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return key(a) < key(b); });
  return order;
}

}  // namespace mrsn::eval

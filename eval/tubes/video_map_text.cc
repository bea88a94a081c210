#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "eval/tubes/video_map.h"

namespace mrsn::eval {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kMean[] = "0.5:0.95";

std::string Percent(const std::optional<double>& value) {
  return value.has_value() ? absl::StrFormat("%8.2f", 100 * *value) : "       -";
}

Json Number(const std::optional<double>& value) { return value.has_value() ? Json(*value) : Json(nullptr); }

}  // namespace

std::string ToText(const VideoMapResult& result) {
  std::string text = absl::StrFormat("%-28s", "class");
  for (const ThresholdResult& one : result.thresholds)
    absl::StrAppendFormat(&text, "%8s", absl::StrCat("@", one.threshold));
  absl::StrAppendFormat(&text, "%10s %8s %8s\n", kMean, "tubes", "linked");
  for (size_t c = 0; c < result.classes.size(); ++c) {
    if (result.num_gt[c] == 0 && result.num_tubes[c] == 0) continue;
    absl::StrAppendFormat(&text, "%3d %-24.24s", result.classes[c].first, result.classes[c].second);
    for (const ThresholdResult& one : result.thresholds) text += Percent(one.per_class[c]);
    absl::StrAppendFormat(&text, "  %s %8d %8d\n", Percent(result.mean_50_95_per_class[c]), result.num_gt[c],
                          result.num_tubes[c]);
  }
  const int64_t num_gt = std::accumulate(result.num_gt.begin(), result.num_gt.end(), int64_t{0});
  const int64_t num_tubes = std::accumulate(result.num_tubes.begin(), result.num_tubes.end(), int64_t{0});
  absl::StrAppend(&text, num_gt, " annotated and ", num_tubes, " linked tubes in ", result.num_videos,
                  " videos\n");
  absl::StrAppend(&text, "left out: ", result.low_score, " tubes of a low score, ", result.too_short,
                  " too short, ", result.suppressed, " beside a better one\n");
  for (const ThresholdResult& one : result.thresholds) {
    absl::StrAppend(
        &text, "video-mAP@", one.threshold, " ",
        one.video_map.has_value() ? absl::StrFormat("%.4f %%", 100 * *one.video_map) : "undefined", ", ",
        one.num_hits, " of ", num_gt, " tubes are found\n");
  }
  absl::StrAppend(
      &text, "video-mAP@", kMean, " ",
      result.mean_50_95.has_value() ? absl::StrFormat("%.4f %%", 100 * *result.mean_50_95) : "undefined",
      "\n");
  return text;
}

std::string ToJson(const VideoMapResult& result) {
  Json json;
  Json map = Json::object(), hits = Json::object();
  for (const ThresholdResult& one : result.thresholds) {
    const std::string name = absl::StrCat(one.threshold);
    map[name] = Number(one.video_map);
    hits[name] = one.num_hits;
  }
  map[kMean] = Number(result.mean_50_95);
  json["video_map"] = std::move(map);
  json["num_tubes_found"] = std::move(hits);
  Json per_class = Json::object();
  for (size_t c = 0; c < result.classes.size(); ++c) {
    Json ap = Json::object();
    for (const ThresholdResult& one : result.thresholds)
      ap[absl::StrCat(one.threshold)] = Number(one.per_class[c]);
    ap[kMean] = Number(result.mean_50_95_per_class[c]);
    per_class[absl::StrCat(result.classes[c].first)] = {{"name", result.classes[c].second},
                                                        {"ap", std::move(ap)},
                                                        {"num_gt_tubes", result.num_gt[c]},
                                                        {"num_tubes", result.num_tubes[c]}};
  }
  json["per_class"] = std::move(per_class);
  json["num_gt_tubes"] = std::accumulate(result.num_gt.begin(), result.num_gt.end(), int64_t{0});
  json["num_tubes"] = std::accumulate(result.num_tubes.begin(), result.num_tubes.end(), int64_t{0});
  json["num_videos"] = result.num_videos;
  json["dropped_tubes"] = {{"low_score", result.low_score},
                           {"too_short", result.too_short},
                           {"beside_a_better_one", result.suppressed}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mrsn::eval

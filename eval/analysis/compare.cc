#include "eval/analysis/compare.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "eval/counts_text.h"

namespace mrsn::eval {
namespace {

using Json = nlohmann::ordered_json;
using Samples = std::vector<std::optional<double>>;

Difference Paired(std::optional<double> a, std::optional<double> b, const Samples& samples_a,
                  const Samples& samples_b) {
  Difference result;
  result.a = a;
  result.b = b;
  if (a.has_value() && b.has_value()) result.difference = *b - *a;
  Samples differences;
  double better = 0;
  for (size_t i = 0; i < samples_a.size(); ++i) {
    if (!samples_a[i].has_value() || !samples_b[i].has_value()) continue;
    differences.push_back(*samples_b[i] - *samples_a[i]);
    better += *samples_b[i] > *samples_a[i] ? 1 : *samples_b[i] == *samples_a[i] ? 0.5 : 0;
  }
  result.interval = ConfidenceInterval95(differences);
  if (!differences.empty()) result.b_better = better / differences.size();
  return result;
}

Json ToJson(const Difference& difference) {
  const auto number = [](const std::optional<double>& value) {
    return value.has_value() ? Json(*value) : Json(nullptr);
  };
  return {
      {"a", number(difference.a)},
      {"b", number(difference.b)},
      {"difference", number(difference.difference)},
      {"confidence_interval_95", difference.interval.has_value()
                                     ? Json::array({difference.interval->first, difference.interval->second})
                                     : Json(nullptr)},
      {"b_better", number(difference.b_better)}};
}

}  // namespace

absl::StatusOr<Comparison> Compare(const FrameMapEvaluator& a, const FrameMapEvaluator& b,
                                   const BootstrapOptions& options) {
  if (a.options().protocol != b.options().protocol ||
      a.options().iou_threshold != b.options().iou_threshold ||
      a.options().classes.size() != b.options().classes.size()) {
    return absl::InvalidArgumentError("the two evaluations have different options");
  }
  const MatchedFrames matched_a = a.Match(), matched_b = b.Match();
  const FrameMapResult result_a = a.Summarize(matched_a), result_b = b.Summarize(matched_b);
  for (size_t i = 0; i < result_a.per_class.size(); ++i) {
    if (result_a.per_class[i].id != result_b.per_class[i].id ||
        result_a.per_class[i].num_gt != result_b.per_class[i].num_gt) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the two evaluations have different ground truth: class ", result_a.per_class[i].id, " has ",
          result_a.per_class[i].num_gt, " and ", result_b.per_class[i].num_gt, " boxes"));
    }
  }
  std::vector<std::string> videos = EvaluatedVideos(a, matched_a);
  const std::vector<std::string> more = EvaluatedVideos(b, matched_b);
  videos.insert(videos.end(), more.begin(), more.end());
  std::sort(videos.begin(), videos.end());
  videos.erase(std::unique(videos.begin(), videos.end()), videos.end());

  const Resampled samples_a = Resample(a, matched_a, videos, options);
  const Resampled samples_b = Resample(b, matched_b, videos, options);
  Comparison comparison;
  comparison.protocol = a.options().protocol;
  comparison.iou_threshold = a.options().iou_threshold;
  comparison.samples = options.samples;
  comparison.num_videos = static_cast<int>(videos.size());
  comparison.counts_a = CountsText(result_a);
  comparison.counts_b = CountsText(result_b);
  comparison.frame_map =
      Paired(result_a.frame_map, result_b.frame_map, samples_a.frame_map, samples_b.frame_map);
  for (size_t i = 0; i < result_a.per_class.size(); ++i) {
    comparison.per_class.push_back({result_a.per_class[i].id, result_a.per_class[i].name,
                                    Paired(result_a.per_class[i].ap, result_b.per_class[i].ap,
                                           samples_a.per_class[i], samples_b.per_class[i])});
  }
  return comparison;
}

std::string ToJson(const Comparison& comparison) {
  Json json;
  json["protocol"] = ProtocolName(comparison.protocol);
  json["iou_threshold"] = comparison.iou_threshold;
  json["bootstrap_samples"] = comparison.samples;
  json["num_videos"] = comparison.num_videos;
  json["frame_map"] = ToJson(comparison.frame_map);
  json["counts"] = {{"a", comparison.counts_a}, {"b", comparison.counts_b}};
  Json& per_class = json["per_class"] = Json::object();
  for (const ClassDifference& c : comparison.per_class) {
    Json entry = {{"name", c.name}};
    entry.update(ToJson(c.ap));
    per_class[absl::StrCat(c.id)] = entry;
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string ToText(const Comparison& comparison, const std::string& name_a, const std::string& name_b) {
  std::string text = absl::StrFormat("%-44s %7s %7s %7s  %-18s %s\n", "class", "A", "B", "B - A",
                                     "95 % interval", "B better in");
  for (const ClassDifference& c : comparison.per_class) {
    if (!c.ap.difference.has_value()) continue;
    absl::StrAppendFormat(&text, "%3d %-40.40s %7.2f %7.2f %+7.2f", c.id, c.name, 100 * *c.ap.a,
                          100 * *c.ap.b, 100 * *c.ap.difference);
    if (c.ap.interval.has_value()) {
      absl::StrAppendFormat(&text, "  %+8.2f..%+8.2f %5.1f %%", 100 * c.ap.interval->first,
                            100 * c.ap.interval->second, 100 * *c.ap.b_better);
    }
    text += "\n";
  }
  absl::StrAppend(&text, "A = ", name_a, "\n");
  for (const std::string& line : comparison.counts_a) absl::StrAppend(&text, "    ", line, "\n");
  absl::StrAppend(&text, "B = ", name_b, "\n");
  for (const std::string& line : comparison.counts_b) absl::StrAppend(&text, "    ", line, "\n");
  const Difference& all = comparison.frame_map;
  const std::string metric =
      absl::StrCat("frame-mAP@", comparison.iou_threshold, " (", ProtocolName(comparison.protocol), ")");
  if (!all.difference.has_value()) return absl::StrCat(text, metric, " is undefined for A or B\n");
  absl::StrAppendFormat(&text, "%s: A %.2f, B %.2f; ", metric, 100 * *all.a, 100 * *all.b);
  if (*all.difference == 0) return text + "no difference\n";
  absl::StrAppendFormat(&text, "%s is better by %.2f points", *all.difference > 0 ? "B" : "A",
                        100 * std::abs(*all.difference));
  if (!all.interval.has_value()) return text + "\n";
  const bool sure = all.interval->first > 0 || all.interval->second < 0;
  absl::StrAppendFormat(&text,
                        " (B - A between %+.2f and %+.2f in 95 %% of %d resamplings of %d videos: %s)\n",
                        100 * all.interval->first, 100 * all.interval->second, comparison.samples,
                        comparison.num_videos, sure ? "significant" : "not significant");
  return text;
}

}  // namespace mrsn::eval

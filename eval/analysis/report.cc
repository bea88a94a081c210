#include "eval/analysis/report.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "eval/counts_text.h"

namespace mrsn::eval {
namespace {

using Json = nlohmann::ordered_json;

Json Number(const std::optional<double>& value) { return value.has_value() ? Json(*value) : Json(nullptr); }

Json Interval(const std::optional<std::pair<double, double>>& interval) {
  return interval.has_value() ? Json::array({interval->first, interval->second}) : Json(nullptr);
}

Json Shares(const std::optional<ErrorShares>& shares) {
  if (!shares.has_value()) return nullptr;
  return {{"missed", shares->missed},
          {"badly_placed", shares->badly_placed},
          {"wrong_class", shares->wrong_class},
          {"duplicate", shares->duplicate},
          {"false_person", shares->false_person}};
}

Json Slices(const std::vector<Slice>& slices) {
  Json json = Json::object();
  for (const Slice& slice : slices) {
    json[slice.name] = {
        {"frame_map", Number(slice.frame_map)}, {"num_classes", slice.num_classes}, {"num_gt", slice.num_gt}};
  }
  return json;
}

Json Dropped(const DroppedRows& dropped) {
  return {{"gt_of_other_classes", dropped.other_class_gt},
          {"detections_of_other_classes", dropped.other_class_detections},
          {"gt_on_excluded_keyframes", dropped.excluded_gt},
          {"detections_on_excluded_keyframes", dropped.excluded_detections},
          {"detections_on_keyframes_without_gt", dropped.unannotated_detections},
          {"detections_of_low_score", dropped.low_score_detections},
          {"detections_over_the_cap", dropped.over_cap_detections},
          {"detections_with_invalid_box", dropped.invalid_detections}};
}

std::string Percent(const std::optional<double>& value) {
  return value.has_value() ? absl::StrFormat("%6.2f", 100 * *value) : "     -";
}

}  // namespace

std::string ToJson(const Report& report) {
  const FrameMapResult& result = report.result;
  Json json;
  json["protocol"] = ProtocolName(result.protocol);
  json["iou_threshold"] = result.iou_threshold;
  json["frame_map"] = Number(result.frame_map);
  json["tie_interval"] = Interval(result.tie_interval);
  json["num_gt"] = result.num_gt;
  json["num_detections"] = result.num_detections;
  json["num_tp"] = result.num_tp;
  json["num_keyframes"] = result.num_keyframes;
  json["num_detections_on_keyframes_without_gt"] = result.num_unannotated;
  Json& per_class = json["per_class"] = Json::object();
  for (size_t i = 0; i < result.per_class.size(); ++i) {
    const ClassResult& c = result.per_class[i];
    Json& entry = per_class[absl::StrCat(c.id)];
    entry["name"] = c.name;
    if (!c.kind.empty()) entry["kind"] = c.kind;
    entry["ap"] = Number(c.ap);
    entry["tie_interval"] = c.ap.has_value() ? Json::array({*c.ap_tie_low, *c.ap_tie_high}) : Json(nullptr);
    entry["num_gt"] = c.num_gt;
    entry["num_tp"] = c.num_tp;
    entry["num_fp"] = c.num_fp;
    entry["num_tied"] = c.num_tied;
    if (i < report.class_intervals.size())
      entry["confidence_interval_95"] = Interval(report.class_intervals[i]);
    if (i < report.errors.per_class.size()) entry["errors"] = Shares(report.errors.per_class[i]);
  }
  Json& by_kind = json["by_kind"] = Json::object();
  for (const KindResult& kind : result.by_kind) by_kind[kind.kind] = Number(kind.mean_ap);
  json["confidence_interval_95"] = Interval(report.confidence_interval);
  json["bootstrap_samples"] = report.bootstrap_samples;
  json["by_box_size"] = Slices(report.by_box_size);
  json["by_number_of_actors"] = Slices(report.by_number_of_actors);
  json["errors"] = Shares(report.errors.shares);
  const ErrorCounts& counts = report.errors.counts;
  json["error_counts"] = {{"missed", counts.missed},
                          {"badly_placed", counts.badly_placed},
                          {"wrong_class", counts.wrong_class},
                          {"duplicate", counts.duplicate},
                          {"false_person", counts.false_person}};
  json["dropped"] = Dropped(result.dropped);
  Json& warnings = json["warnings"] = Json::array();
  for (const formats::Warning& warning : report.warnings) {
    warnings.push_back({{"what", warning.what}, {"count", warning.count}, {"first", warning.first}});
  }
  Json& findings = json["findings"] = Json::array();
  for (const plausibility::Finding& finding : report.findings) {
    findings.push_back({{"kind", plausibility::KindName(finding.kind)},
                        {"severity", plausibility::SeverityName(finding.severity)},
                        {"file", finding.file},
                        {"count", finding.count},
                        {"of", finding.of},
                        {"first", finding.first},
                        {"text", finding.text}});
  }
  if (report.in_common.has_value()) {
    const plausibility::InCommon& common = *report.in_common;
    json["in_common"] = {{"videos", common.videos},
                         {"annotated_videos", common.annotated_videos},
                         {"detected_videos", common.other_videos},
                         {"keyframes", common.keyframes},
                         {"annotated_keyframes", common.annotated_keyframes},
                         {"detected_keyframes", common.other_keyframes}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string ToText(const Report& report) {
  const FrameMapResult& result = report.result;
  std::string text = absl::StrFormat("%-48s %6s %8s %8s %8s\n", "class", "AP", "boxes", "hits", "misses");
  for (const ClassResult& c : result.per_class) {
    if (c.num_gt == 0 && c.num_detections == 0) continue;
    absl::StrAppendFormat(&text, "%3d %-44.44s %s %8d %8d %8d\n", c.id, c.name, Percent(c.ap), c.num_gt,
                          c.num_tp, c.num_fp);
  }
  for (const KindResult& kind : result.by_kind) {
    absl::StrAppendFormat(&text, "%-48s %s   %d classes\n", kind.kind, Percent(kind.mean_ap),
                          kind.num_classes);
  }
  for (const Slice& slice : report.by_box_size) {
    absl::StrAppendFormat(&text, "%-48s %s %8d\n", "boxes " + slice.name, Percent(slice.frame_map),
                          slice.num_gt);
  }
  for (const Slice& slice : report.by_number_of_actors) {
    absl::StrAppendFormat(&text, "%-48s %s %8d\n", "actors in the frame: " + slice.name,
                          Percent(slice.frame_map), slice.num_gt);
  }
  if (report.errors.shares.has_value()) {
    const ErrorShares& e = *report.errors.shares;
    absl::StrAppendFormat(&text,
                          "lost %.2f = missed %.2f + badly placed %.2f + wrong class %.2f + duplicate %.2f + "
                          "false person %.2f\n",
                          100 * e.Total(), 100 * e.missed, 100 * e.badly_placed, 100 * e.wrong_class,
                          100 * e.duplicate, 100 * e.false_person);
  }
  if (report.in_common.has_value()) {
    const plausibility::InCommon& common = *report.in_common;
    absl::StrAppendFormat(&text, "detections on %d of %d annotated videos and %d of %d annotated keyframes\n",
                          common.videos, common.annotated_videos, common.keyframes,
                          common.annotated_keyframes);
  }
  for (const std::string& line : CountsText(result)) absl::StrAppend(&text, line, "\n");
  absl::StrAppend(
      &text, "frame-mAP@", result.iou_threshold, " (", ProtocolName(result.protocol), ") ",
      result.frame_map.has_value() ? absl::StrFormat("%.4f %%", 100 * *result.frame_map) : "undefined");
  if (result.tie_interval.has_value() && result.tie_interval->first != result.tie_interval->second) {
    absl::StrAppendFormat(&text, ", between %.4f and %.4f by the order of equal scores",
                          100 * result.tie_interval->first, 100 * result.tie_interval->second);
  }
  if (report.confidence_interval.has_value()) {
    absl::StrAppendFormat(&text, ", 95 %% interval over videos %.2f..%.2f",
                          100 * report.confidence_interval->first, 100 * report.confidence_interval->second);
  }
  return text + "\n";
}

}  // namespace mrsn::eval

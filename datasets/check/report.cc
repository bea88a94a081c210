#include "datasets/check/report.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace mrsn::datasets {
namespace {

using Json = nlohmann::ordered_json;

Json Share(double value) { return value < 0 ? Json() : Json(value); }

std::string Percent(double share) { return share < 0 ? "-" : absl::StrFormat("%.1f%%", share * 100); }

Json SplitJson(const SplitNumbers& split) {
  Json json = {{"name", split.name},         {"videos", split.videos}, {"keyframes", split.keyframes},
               {"excluded", split.excluded}, {"rows", split.rows},     {"persons", split.persons}};
  if (split.has_boxes) {
    const BoxNumbers& boxes = split.boxes;
    json["boxes"] = {{"rows", boxes.boxes},
                     {"threshold", boxes.threshold},
                     {"above_threshold", boxes.kept},
                     {"recall_50", Share(boxes.recall_50)},
                     {"recall_75", Share(boxes.recall_75)},
                     {"above_threshold_recall_50", Share(boxes.kept_recall_50)},
                     {"above_threshold_recall_75", Share(boxes.kept_recall_75)}};
  }
  json["classes"] = Json::array();
  for (const ClassCount& c : split.classes) {
    json["classes"].push_back(
        {{"id", c.id}, {"name", c.name}, {"examples", c.examples}, {"evaluated", c.evaluated}});
  }
  return json;
}

std::string SplitText(const SplitNumbers& split) {
  std::string text = absl::StrCat(split.name, ": ", split.videos, " videos, ", split.keyframes,
                                  " key frames, ", split.rows, " labels of ", split.persons, " boxes");
  if (split.excluded > 0) absl::StrAppend(&text, ", ", split.excluded, " key frames excluded");
  int64_t empty = 0, least = -1, most = 0;
  for (const ClassCount& c : split.classes) {
    if (c.examples == 0) ++empty;
    most = std::max(most, c.examples);
    if (c.examples > 0 && (least < 0 || c.examples < least)) least = c.examples;
  }
  if (!split.classes.empty()) {
    absl::StrAppend(&text, "\n  classes: ", split.classes.size(), ", ", empty, " without an example; from ",
                    std::max<int64_t>(least, 0), " to ", most, " examples");
  }
  if (split.has_boxes) {
    const BoxNumbers& boxes = split.boxes;
    absl::StrAppend(&text, "\n  detected boxes: ", boxes.boxes, ", recall ", Percent(boxes.recall_50),
                    " at IoU 0.5, ", Percent(boxes.recall_75), " at 0.75; above ",
                    absl::StrFormat("%g", boxes.threshold), ": ", boxes.kept, ", recall ",
                    Percent(boxes.kept_recall_50), ", ", Percent(boxes.kept_recall_75));
  }
  return text + "\n";
}

}  // namespace

void CheckReport::Add(CheckSeverity severity, absl::string_view code, absl::string_view subject,
                      absl::string_view text, int64_t count) {
  findings.push_back({severity, std::string(code), std::string(subject), std::string(text), count});
}

int64_t CheckReport::Count(CheckSeverity severity) const {
  return std::count_if(findings.begin(), findings.end(),
                       [&](const CheckFinding& finding) { return finding.severity == severity; });
}

void CheckReport::Sort() {
  std::stable_sort(findings.begin(), findings.end(), [](const CheckFinding& a, const CheckFinding& b) {
    return std::tie(b.severity, a.code, a.subject) < std::tie(a.severity, b.code, b.subject);
  });
  const auto equal = [](const CheckFinding& a, const CheckFinding& b) {
    return std::tie(a.code, a.subject, a.text) == std::tie(b.code, b.subject, b.text);
  };
  findings.erase(std::unique(findings.begin(), findings.end(), equal), findings.end());
}

std::string CheckSeverityName(CheckSeverity severity) {
  switch (severity) {
    case CheckSeverity::kNote:
      return "note";
    case CheckSeverity::kWarning:
      return "warning";
    case CheckSeverity::kError:
      return "error";
  }
  return "";
}

std::string CheckSummary(const CheckReport& report, int most) {
  std::string text = absl::StrCat(report.root, " (", report.level, " check)\n");
  for (const SplitNumbers& split : report.splits) text += SplitText(split);
  absl::StrAppend(&text, "media: ", report.video_files, " video files, ", report.frame_folders, " folders, ",
                  report.frames, " frames counted",
                  report.resumed > 0 ? absl::StrCat("; ", report.resumed, " videos by an earlier check") : "",
                  "\n");
  for (size_t i = 0; i < report.findings.size();) {
    size_t end = i;
    while (end < report.findings.size() && report.findings[end].code == report.findings[i].code &&
           report.findings[end].severity == report.findings[i].severity) {
      ++end;
    }
    const size_t shown = std::min(end, i + static_cast<size_t>(std::max(1, most)));
    for (size_t j = i; j < shown; ++j) {
      const CheckFinding& finding = report.findings[j];
      absl::StrAppend(&text, CheckSeverityName(finding.severity), " [", finding.code, "] ", finding.subject,
                      ": ", finding.text, "\n");
    }
    if (shown < end)
      absl::StrAppend(&text, "  and ", end - shown, " more of [", report.findings[i].code, "]\n");
    i = end;
  }
  absl::StrAppend(&text, report.Count(CheckSeverity::kError), " errors, ",
                  report.Count(CheckSeverity::kWarning), " warnings, ", report.Count(CheckSeverity::kNote),
                  " notes\n");
  return text;
}

std::string CheckJson(const CheckReport& report) {
  Json json = {{"root", report.root},
               {"level", report.level},
               {"errors", report.Count(CheckSeverity::kError)},
               {"warnings", report.Count(CheckSeverity::kWarning)},
               {"notes", report.Count(CheckSeverity::kNote)},
               {"video_files", report.video_files},
               {"frame_folders", report.frame_folders},
               {"frames", report.frames},
               {"resumed", report.resumed}};
  json["splits"] = Json::array();
  for (const SplitNumbers& split : report.splits) json["splits"].push_back(SplitJson(split));
  json["findings"] = Json::array();
  for (const CheckFinding& finding : report.findings) {
    json["findings"].push_back({{"severity", CheckSeverityName(finding.severity)},
                                {"code", finding.code},
                                {"subject", finding.subject},
                                {"text", finding.text},
                                {"count", finding.count}});
  }
  // Names of files need not be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mrsn::datasets

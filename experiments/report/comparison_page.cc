#include "experiments/report/comparison_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/report/cells.h"
#include "experiments/report/result_set.h"
#include "experiments/report/sections.h"

namespace mrsn::experiments {
namespace {

using eval::Comparison;
using eval::Difference;
using Json = nlohmann::ordered_json;

// Each result is an experiment of its own, also where names of experiments are equal.
ResultSet AsResultSet(const ResultComparison& comparison) {
  ResultSet set;
  for (const ComparedResult& compared : comparison.results) {
    set.experiments.push_back({compared.name, {{"", compared.result}}, std::nullopt});
  }
  set.NumberRuns();
  set.protocol = set.first().protocol();
  set.data_fingerprint = set.first().data_fingerprint();
  set.iou_threshold = set.first().iou_threshold();
  return set;
}

std::string Percent(const std::optional<double>& value, bool with_sign = false) {
  if (!value) return "";
  return with_sign ? absl::StrFormat("%+.2f", 100 * *value) : absl::StrFormat("%.2f", 100 * *value);
}

std::string Interval(const Difference& difference) {
  if (!difference.interval) return "";
  return absl::StrFormat("%+.2f to %+.2f", 100 * difference.interval->first,
                         100 * difference.interval->second);
}

bool Separated(const Difference& difference) {
  return difference.interval && (difference.interval->first > 0 || difference.interval->second < 0);
}

std::string Verdict(const Difference& difference) {
  if (!difference.difference) return "undefined";
  if (*difference.difference == 0) return "equal";
  if (!Separated(difference)) return "not separated from zero";
  return *difference.difference > 0 ? "better" : "worse";
}

// Difference, interval, share of resamplings in which the result is better.
void AppendDifference(const Difference& difference, const std::string& runs, std::vector<Cell>* cells) {
  cells->push_back(Measured(Percent(difference.difference, /*with_sign=*/true), runs));
  cells->push_back(Measured(Interval(difference), runs));
  cells->push_back(
      Measured(difference.b_better ? absl::StrFormat("%.1f %%", 100 * *difference.b_better) : "", runs));
}

Section FrameMapSection(const ResultComparison& comparison) {
  DocumentTable table;
  table.caption = "frame-mAP";
  table.headed = false;
  table.columns = {{"result"},          {"frame-mAP", true}, {"difference", true}, {"95 % interval", true},
                   {"better in", true}, {"verdict"}};
  const std::optional<double> of_baseline = comparison.with_baseline.front().frame_map.a;
  table.rows.push_back({{Text(comparison.results[0].name), Measured(Percent(of_baseline), "r1"), Text(""),
                         Text(""), Text(""), Text("baseline")},
                        ""});
  for (size_t p = 0; p < comparison.with_baseline.size(); ++p) {
    const Difference& all = comparison.with_baseline[p].frame_map;
    const std::string run = absl::StrCat("r", p + 2);
    DocumentTable::Row row;
    row.cells = {Text(comparison.results[p + 1].name), Measured(Percent(all.b), run)};
    AppendDifference(all, "r1 " + run, &row.cells);
    row.cells.push_back(Text(Verdict(all)));
    table.rows.push_back(std::move(row));
  }
  const Comparison& first = comparison.with_baseline.front();
  Section section{"frame-map", "frame-mAP", {}};
  section.blocks.push_back(Shown(std::move(table)));
  section.blocks.push_back(Paragraph(absl::StrFormat(
      "Differences are in points. Each of %d resamplings draws videos with replacement, the same "
      "ones for both results; %d videos take part. The interval holds the middle 95 %% of the "
      "differences.",
      first.samples, first.num_videos)));
  return section;
}

// The largest losses first.
DocumentTable ClassTable(const ResultComparison& comparison, size_t pair) {
  const std::string run = absl::StrCat("r", pair + 2);
  std::vector<eval::ClassDifference> classes = comparison.with_baseline[pair].per_class;
  classes.erase(
      std::remove_if(classes.begin(), classes.end(), [](const auto& c) { return !c.ap.difference; }),
      classes.end());
  std::stable_sort(classes.begin(), classes.end(),
                   [](const auto& a, const auto& b) { return *a.ap.difference < *b.ap.difference; });
  DocumentTable table;
  table.caption = absl::StrCat(comparison.results[pair + 1].name, " by class");
  table.columns = {
      {"class"},          {"baseline", true}, {"result", true}, {"difference", true}, {"95 % interval", true},
      {"better in", true}};
  for (const eval::ClassDifference& c : classes) {
    DocumentTable::Row row;
    row.cells = {Text(absl::StrCat(c.id, " ", c.name)), Measured(Percent(c.ap.a), "r1"),
                 Measured(Percent(c.ap.b), run)};
    AppendDifference(c.ap, "r1 " + run, &row.cells);
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string Summary(const ResultComparison& comparison) {
  std::string text;
  for (size_t p = 0; p < comparison.with_baseline.size(); ++p) {
    const Difference& all = comparison.with_baseline[p].frame_map;
    absl::StrAppend(&text, text.empty() ? "" : " ", comparison.results[p + 1].name);
    if (!all.difference) {
      absl::StrAppend(&text, " cannot be compared: no class has ground truth.");
      continue;
    }
    absl::StrAppendFormat(&text, " has a frame-mAP of %s, %s points over %s", Percent(all.b),
                          Percent(all.difference, /*with_sign=*/true), comparison.results[0].name);
    if (all.interval) {
      absl::StrAppendFormat(&text, " (95 %% interval %s, %s)", Interval(all),
                            Separated(all) ? "separated from zero" : "not separated from zero");
    }
    text += ".";
  }
  return text;
}

}  // namespace

Document ComparisonPage(const ResultComparison& comparison, const std::string& made_by) {
  const ResultSet set = AsResultSet(comparison);
  Document document;
  document.title = absl::StrCat("Comparison with ", comparison.results[0].name);
  document.summary = Summary(comparison);
  document.facts = Facts(set);
  document.warnings = Warnings(set);
  document.made_by = made_by;
  document.sections.push_back(FrameMapSection(comparison));
  Section classes{"classes", "Classes", {}};
  for (size_t p = 0; p < comparison.with_baseline.size(); ++p) {
    classes.blocks.push_back(Folded(ClassTable(comparison, p)));
  }
  document.sections.push_back(std::move(classes));
  document.sections.push_back(RunsSection(set));
  return document;
}

std::string ComparisonJson(const ResultComparison& comparison) {
  Json json = {{"baseline", {{"name", comparison.results[0].name}, {"path", comparison.results[0].path}}},
               {"results", Json::array()}};
  for (size_t p = 0; p < comparison.with_baseline.size(); ++p) {
    Json entry = {{"name", comparison.results[p + 1].name}, {"path", comparison.results[p + 1].path}};
    entry.update(Json::parse(eval::ToJson(comparison.with_baseline[p])));
    json["results"].push_back(std::move(entry));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mrsn::experiments

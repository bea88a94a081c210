#include "experiments/report/report.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/report/detections_section.h"
#include "experiments/report/sections.h"
#include "experiments/report/training_section.h"
#include "experiments/table.pb.h"
#include "experiments/tables/measured_row.h"
#include "experiments/tables/statistics.h"
#include "experiments/tables/table_manifest.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// Rows whose experiment has a result.
int RowsIn(const ResultSet& results, const Table& table) {
  return static_cast<int>(std::count_if(table.row().begin(), table.row().end(), [&](const Table::Row& row) {
    return results.Find(row.experiment()) != nullptr;
  }));
}

// Those with the largest part of their rows measured first.
absl::StatusOr<std::vector<Table>> ShownTables(const ResultSet& results, const ReportOptions& options) {
  std::set<std::string> names(options.tables.begin(), options.tables.end());
  std::error_code error;
  if (names.empty()) {
    for (const auto& entry : std::filesystem::directory_iterator(options.tables_root, error)) {
      if (entry.path().extension() == ".textproto") names.insert(entry.path().stem());
    }
  }
  std::vector<Table> tables;
  for (const std::string& name : names) {
    MRSN_ASSIGN_OR_RETURN(Table table, ReadTable(options.tables_root, name));
    if (RowsIn(results, table) > 0 || !options.tables.empty()) tables.push_back(std::move(table));
  }
  std::stable_sort(tables.begin(), tables.end(), [&](const Table& a, const Table& b) {
    return RowsIn(results, a) * b.row_size() > RowsIn(results, b) * a.row_size();
  });
  return tables;
}

// Experiments in the order of the tables' rows, then the others in theirs.
void Order(const std::vector<Table>& tables, ResultSet* results) {
  std::map<std::string, int> places;
  for (const Table& table : tables) {
    for (const std::string& name : RowExperiments(table))
      places.emplace(name, static_cast<int>(places.size()));
  }
  const auto place = [&](const ReportedExperiment& experiment) {
    const auto found = places.find(experiment.name);
    return found == places.end() ? static_cast<int>(places.size()) : found->second;
  };
  std::stable_sort(
      results->experiments.begin(), results->experiments.end(),
      [&](const ReportedExperiment& a, const ReportedExperiment& b) { return place(a) < place(b); });
  results->NumberRuns();
}

absl::StatusOr<const ReportedExperiment*> Named(const ResultSet& results, const std::string& flag,
                                                const std::string& name) {
  const ReportedExperiment* found = results.Find(name);
  if (found != nullptr) return found;
  const std::string names = absl::StrJoin(
      results.experiments, ", ",
      [](std::string* out, const ReportedExperiment& experiment) { out->append(experiment.name); });
  return absl::NotFoundError(
      absl::StrCat("--", flag, "=", name, ": no result of this experiment; there are ", names));
}

const ReportedExperiment* BestOf(const ResultSet& results) {
  const ReportedExperiment* found = nullptr;
  double best = -1;
  for (const ReportedExperiment& experiment : results.experiments) {
    const auto mean = MeanOf(FrameMaps(experiment));
    const double value = mean ? mean->mean : 0;
    if (value > best) found = &experiment, best = value;
  }
  return found;
}

absl::StatusOr<Viewpoint> ViewpointOf(const ResultSet& results, const ReportOptions& options) {
  Viewpoint view{&results.experiments.front(), BestOf(results)};
  if (!options.baseline.empty()) {
    MRSN_ASSIGN_OR_RETURN(view.baseline, Named(results, "baseline", options.baseline));
  }
  if (!options.focus.empty()) {
    MRSN_ASSIGN_OR_RETURN(view.focus, Named(results, "focus", options.focus));
  }
  return view;
}

std::string Summary(const ResultSet& results, const Viewpoint& view) {
  const auto mean = MeanOf(FrameMaps(*view.focus));
  if (!mean) return "No class has ground truth, so that there is no mAP.";
  std::string text = absl::StrFormat(
      "%s has %s %.2f %%", view.focus->name,
      view.focus == BestOf(results) ? "the best frame-mAP shown," : "a frame-mAP of", mean->mean);
  const auto gain = GainOf(FrameMaps(*view.focus), FrameMaps(*view.baseline));
  if (view.focus == view.baseline || !gain) return text + ".";
  absl::StrAppendFormat(&text, ", %+.2f points over %s", gain->mean, view.baseline->name);
  const auto interval = Interval95(*gain);
  if (!interval) return text + "; one seed gives no interval.";
  const bool sure = interval->first > 0 || interval->second < 0;
  absl::StrAppendFormat(&text, " (95 %% interval %+.2f to %+.2f, %d seeds: %s).", interval->first,
                        interval->second, gain->n, sure ? "separated from zero" : "not separated from zero");
  return text;
}

}  // namespace

absl::StatusOr<Document> Report(ResultSet results, const ReportOptions& options) {
  MRSN_ASSIGN_OR_RETURN(const std::vector<Table> tables, ShownTables(results, options));
  Order(tables, &results);
  MRSN_ASSIGN_OR_RETURN(const Viewpoint view, ViewpointOf(results, options));
  Document document;
  document.title = options.title;
  document.summary = Summary(results, view);
  document.facts = Facts(results);
  if (!options.source.empty()) document.facts.emplace_back("Results read from", options.source);
  document.warnings = Warnings(results);
  document.made_by = options.made_by;
  const auto add = [&](absl::StatusOr<Section> section) -> absl::Status {
    MRSN_RETURN_IF_ERROR(section.status());
    if (!section->blocks.empty()) document.sections.push_back(*std::move(section));
    return absl::OkStatus();
  };
  const TableSources sources{options.configs_root, "", options.counts_path};
  for (const Table& table : tables) MRSN_RETURN_IF_ERROR(add(TableSection(table, sources, results)));
  MRSN_RETURN_IF_ERROR(add(ExperimentsSection(results, view)));
  MRSN_RETURN_IF_ERROR(add(ClassesSection(results, view)));
  MRSN_RETURN_IF_ERROR(add(KindsSection(results, view)));
  MRSN_RETURN_IF_ERROR(add(CostSection(results)));
  const AnalysedResults analysed =
      AnalyseResults(results, options.runs_root, AnalysisOptions(), options.threads);
  MRSN_RETURN_IF_ERROR(add(DetectionsSection(analysed, view)));
  MRSN_RETURN_IF_ERROR(add(VideosSection(
      analysed, view, {options.configs_root, options.runs_root, options.data_root, options.cache_root})));
  MRSN_RETURN_IF_ERROR(add(TrainingSection(results, options.runs_root)));
  MRSN_RETURN_IF_ERROR(add(RunsSection(results)));
  return document;
}

}  // namespace mrsn::experiments

#include "ablations/results_page.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "ablations/sweep.h"
#include "ablations/sweep_results.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/report/cells.h"
#include "experiments/tables/measured_row.h"
#include "experiments/tables/record_results.h"
#include "experiments/tables/render.h"
#include "experiments/tables/statistics.h"
#include "experiments/tables/table_notes.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::ablations {
namespace {

using experiments::BySeed;
using experiments::MeasuredRow;

constexpr char kIntroduction[] =
    "# Results of the sweeps\n\n"
    "Each section shows the recorded results of a sweep, `ablations/<sweep>.textproto`; "
    "`ablations/results/<sweep>.textproto` holds them with seeds,\n"
    "fingerprints, commits, times and AP by class, or `experiments/records/results/<table>.textproto` if the "
    "sweep trains a table's rows. Scores are\n"
    "mean AP in percent: all classes, then by kind of class. Core-hours are the wall time of each run times "
    "its processes. A sweep's command trains\n"
    "what is not finished; with `--record` it records what is. "
    "`./bazelw run //ablations:render -- --write` renders this page; a test compares.\n";

std::vector<std::string> SweepNames(const std::string& sweeps_root) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(sweeps_root, error)) {
    if (entry.path().extension() == ".textproto") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string Score(const BySeed& values) {
  const auto estimate = experiments::MeanOf(values);
  if (!estimate) return "";
  const std::string mean = absl::StrFormat("%.2f", estimate->mean);
  return estimate->standard_error ? absl::StrFormat("%s ± %.2f", mean, *estimate->standard_error) : mean;
}

std::vector<std::string> KindsOf(const std::vector<MeasuredRow>& rows) {
  std::vector<std::string> kinds;
  for (const MeasuredRow& row : rows) {
    for (const Result& result : row.results) {
      for (const KindScore& score : result.by_kind()) {
        if (std::find(kinds.begin(), kinds.end(), score.kind()) == kinds.end()) kinds.push_back(score.kind());
      }
    }
  }
  return kinds;
}

// "5"; "3 of 5" if seeds are missing.
std::string SeedsText(const SweepPoint& point, const MeasuredRow& row) {
  if (row.results.size() >= point.seeds.size()) return absl::StrCat(row.results.size());
  return absl::StrCat(row.results.size(), " of ", point.seeds.size());
}

experiments::Grid GridOf(const Sweep& sweep, const std::vector<SweepPoint>& points,
                         const std::vector<MeasuredRow>& rows) {
  const std::vector<std::string> kinds = KindsOf(rows);
  experiments::Grid grid;
  grid.caption = sweep.description();
  grid.columns = {{"run", false, true}, {"n", true}, {"frame-mAP", true}};
  for (const std::string& kind : kinds) grid.columns.push_back({kind, true});
  grid.columns.push_back({"M parameters", true});
  grid.columns.push_back({"GMACs", true});
  for (size_t p = 0; p < points.size(); ++p) {
    const MeasuredRow& row = rows[p];
    if (row.results.empty()) continue;
    std::vector<std::string> cells = {points[p].label, SeedsText(points[p], row), Score(FrameMaps(row))};
    for (const std::string& kind : kinds) cells.push_back(Score(MeansOfKind(row, kind)));
    const Result& first = row.results.front();
    const auto count = [](bool known, double value) {
      return known ? experiments::ShortNumber(value) : std::string();
    };
    cells.push_back(count(first.has_parameters(), first.parameters().total() / 1e6));
    cells.push_back(count(first.has_multiply_adds(), first.multiply_adds().total() / 1e9));
    grid.rows.push_back(std::move(cells));
  }
  return grid;
}

// Of each experiment how many of its points have no row; "" if all have one.
std::string NotRunNote(const std::vector<SweepPoint>& points, const std::vector<MeasuredRow>& rows) {
  std::vector<std::pair<std::string, int>> counts;
  for (size_t p = 0; p < points.size(); ++p) {
    if (!rows[p].results.empty()) continue;
    const std::string experiment = points[p].label.substr(0, points[p].label.find('@'));
    if (counts.empty() || counts.back().first != experiment) counts.emplace_back(experiment, 0);
    ++counts.back().second;
  }
  if (counts.empty()) return "";
  const auto format = [](std::string* out, const std::pair<std::string, int>& count) {
    absl::StrAppend(out, count.first, " (", count.second, ")");
  };
  return absl::StrCat("Points that are not run: ", absl::StrJoin(counts, ", ", format), ".");
}

double CoreHours(const std::vector<Result>& results) {
  double seconds = 0;
  for (const Result& result : results) {
    seconds += result.train_seconds() * std::max(1, result.training_processes()) +
               result.evaluate_seconds() * std::max(1, result.evaluation_processes());
  }
  return seconds / 3600;
}

// Of the runs that the others start from.
std::string InputsText(const std::vector<SweepPoint>& inputs, const std::vector<MeasuredRow>& rows) {
  std::vector<std::string> recorded, others;
  double hours = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    (rows[i].results.empty() ? others : recorded).push_back(inputs[i].label);
    hours += CoreHours(rows[i].results);
  }
  std::string text;
  if (!recorded.empty()) {
    absl::StrAppend(&text, " The runs that they start from took ", experiments::ShortNumber(hours),
                    " more: ", absl::StrJoin(recorded, ", "), ".");
  }
  if (!others.empty()) {
    absl::StrAppend(&text, " They start from runs that are not recorded here: ", absl::StrJoin(others, ", "),
                    ".");
  }
  return text;
}

std::string CostNote(const std::vector<SweepPoint>& asked, const std::vector<MeasuredRow>& rows,
                     const std::string& inputs) {
  size_t recorded = 0, missing = 0;
  double hours = 0;
  for (size_t p = 0; p < asked.size(); ++p) {
    const size_t results = rows[p].results.size(), seeds = asked[p].seeds.size();
    recorded += results;
    missing += seeds - std::min(results, seeds);
    hours += CoreHours(rows[p].results);
  }
  return absl::StrFormat("%d of %d runs are recorded; training and evaluation took %s core-hours.%s",
                         recorded, recorded + missing, experiments::ShortNumber(hours), inputs);
}

std::string SectionOf(const std::string& name, const Sweep& sweep, const SweepRuns& runs,
                      const ResultsOfLabels& recorded) {
  std::vector<SweepPoint> asked, inputs;
  std::vector<MeasuredRow> asked_rows, input_rows;
  Table table;  // of the asked rows, as their notes want it
  for (const SweepPoint& point : PointsOf(runs)) {
    MeasuredRow row;
    if (const auto found = recorded.find(point.label); found != recorded.end()) row.results = found->second;
    row.left_out = experiments::RemoveUnrecordable(*point.resolved, &row.results);
    if (point.asked) table.add_row()->set_experiment(point.label);
    (point.asked ? asked_rows : input_rows).push_back(std::move(row));
    (point.asked ? asked : inputs).push_back(point);
  }
  experiments::TableView view;
  view.grids.push_back(GridOf(sweep, asked, asked_rows));
  view.notes = experiments::ScoreNotes(table, asked_rows, /*one_data_set=*/false);
  if (std::string note = NotRunNote(asked, asked_rows); !note.empty()) view.notes.push_back(std::move(note));
  view.notes.push_back(CostNote(asked, asked_rows, InputsText(inputs, input_rows)));
  return absl::StrCat("\n## ", name, "\n\n`./bazelw run //ablations:sweep -- --sweep=", name, "`\n\n",
                      ToMarkdown(view));
}

}  // namespace

absl::StatusOr<std::string> RenderResultsPage(const std::string& root) {
  std::string page = kIntroduction;
  std::vector<std::string> not_run;
  for (const std::string& name : SweepNames(root + "/ablations")) {
    MRSN_ASSIGN_OR_RETURN(const Sweep sweep,
                          ReadSweep(root + "/ablations", root + "/experiments/tables", name));
    const std::string path = RecordedPath(root, name, sweep);
    if (!FileExists(path)) {
      not_run.push_back(absl::StrCat("`", name, "`"));
      continue;
    }
    MRSN_ASSIGN_OR_RETURN(const ResultsOfLabels recorded, ReadRecorded(path, name, sweep));
    MRSN_ASSIGN_OR_RETURN(const SweepRuns runs, ExpandSweep(sweep, root + "/experiments/configs"));
    page += SectionOf(name, sweep, runs, recorded);
  }
  if (!not_run.empty()) absl::StrAppend(&page, "\nNot run: ", absl::StrJoin(not_run, ", "), ".\n");
  return page;
}

}  // namespace mrsn::ablations

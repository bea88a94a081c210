#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/report/cells.h"
#include "experiments/report/figures.h"
#include "experiments/report/sections.h"
#include "experiments/tables/statistics.h"
#include "experiments/tables/table_manifest.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

// The runs behind a row: those of its experiment that have the experiment's present configuration.
std::string RunsOf(const MeasuredRow& row, const ResultSet& results, const std::string& experiment) {
  const ReportedExperiment* reported = results.Find(experiment);
  std::string ids;
  for (const Result& result : row.results) {
    for (const ReportedRun& run : reported->runs) {
      if (run.result.seed() == result.seed()) absl::StrAppend(&ids, ids.empty() ? "" : " ", run.id);
    }
  }
  return ids;
}

std::string Joined(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() || a == b ? a : absl::StrCat(a, " ", b);
}

std::optional<double> PaperOf(const Table::Row& row) {
  return row.has_paper() ? std::optional<double>(row.paper()) : std::nullopt;
}

// The numbers come before the columns that describe a row: a narrow screen shows the first columns only.
DocumentTable RowsOf(const Table& table, const std::vector<MeasuredRow>& measured, const ResultSet& results) {
  const int decimals = table.has_decimals() ? table.decimals() : 1;
  DocumentTable shown;
  shown.caption = table.caption();
  shown.headed = false;
  shown.columns = {{"row"}};
  if (table.has_paper_data()) {
    shown.columns.push_back({absl::StrCat("paper's mAP, ", table.paper_data()), true});
    shown.columns.push_back({"paper's gain", true});
  }
  for (const char* heading : {"95 % interval", "our gain", "95 % interval of the gain", "seeds"}) {
    if (heading == std::string("95 % interval")) {
      shown.columns.push_back({absl::StrCat("our mAP, ", table.measured_data()), true});
    }
    shown.columns.push_back({heading, true});
  }
  for (const std::string& heading : table.columns()) shown.columns.push_back({heading});
  shown.columns.push_back({"experiment"});
  const BySeed first = FrameMaps(measured[0]);
  const std::string first_runs = RunsOf(measured[0], results, table.row(0).experiment());
  for (int r = 0; r < table.row_size(); ++r) {
    const Table::Row& row = table.row(r);
    DocumentTable::Row line;
    line.cells.push_back(Text(row.label()));
    if (table.has_paper_data()) {
      const bool both = r > 0 && row.has_paper() && table.row(0).has_paper();
      line.cells.push_back(PaperValue(PaperOf(row), decimals));
      line.cells.push_back(PaperGain(
          both ? std::optional<double>(row.paper() - table.row(0).paper()) : std::nullopt, decimals));
    }
    const std::string runs = RunsOf(measured[r], results, row.experiment());
    const BySeed values = FrameMaps(measured[r]);
    const auto mean = MeanOf(values);
    const auto gain = r == 0 ? std::nullopt : GainOf(values, first);
    const std::string both_runs = Joined(runs, first_runs);
    line.cells.push_back(MeasuredValue(mean, decimals, runs));
    line.cells.push_back(MeasuredInterval(mean, decimals, runs));
    line.cells.push_back(MeasuredGain(gain, decimals, both_runs));
    line.cells.push_back(MeasuredInterval(gain, decimals, both_runs, true));
    line.cells.push_back(mean ? Measured(absl::StrCat(mean->n), runs) : Text(""));
    for (const std::string& cell : row.cells()) line.cells.push_back(Text(cell == "y" ? "✓" : cell));
    line.cells.push_back(Code(row.experiment()));
    shown.rows.push_back(std::move(line));
  }
  return shown;
}

Bar BarOf(const std::string& label, const std::optional<Estimate>& estimate) {
  Bar bar;
  bar.label = label;
  if (estimate) {
    bar.value = estimate->mean;
    bar.interval = Interval95(*estimate);
  }
  return bar;
}

absl::StatusOr<std::vector<Figure>> BarsOf(const Table& table, const std::vector<MeasuredRow>& measured) {
  std::vector<Bar> means, gains;
  const BySeed first = FrameMaps(measured[0]);
  for (int r = 0; r < table.row_size(); ++r) {
    const BySeed values = FrameMaps(measured[r]);
    means.push_back(BarOf(table.row(r).label(), MeanOf(values)));
    if (r > 0) gains.push_back(BarOf(table.row(r).label(), GainOf(values, first)));
  }
  std::vector<Figure> figures;
  MRSN_ASSIGN_OR_RETURN(const std::string bars,
                        DrawBars({absl::StrCat("bars-", table.id()),
                                  absl::StrCat("Bars of our mAP: ", table.caption()), "frame-mAP, %"},
                                 means));
  figures.push_back({bars, "Our mean over seeds. Error bars: 95 % intervals."});
  if (!first.empty() && std::any_of(gains.begin(), gains.end(), [](const Bar& bar) { return bar.value; })) {
    MRSN_ASSIGN_OR_RETURN(
        const std::string differences,
        DrawDifferences({absl::StrCat("gains-", table.id()), absl::StrCat("Our gains: ", table.caption()),
                         "gain in points of frame-mAP"},
                        gains));
    figures.push_back(
        {differences,
         absl::StrCat("Our gain over “", table.row(0).label(),
                      "”, paired by seed where both have the same seeds. Error bars: 95 % intervals.")});
  }
  return figures;
}

}  // namespace

absl::StatusOr<Section> TableSection(const Table& table, const TableSources& sources,
                                     const ResultSet& results) {
  MeasuredExperiments measurements;
  for (const std::string& name : RowExperiments(table)) {
    const ReportedExperiment* experiment = results.Find(name);
    measurements.emplace_back(name, experiment != nullptr ? experiment->AsMeasurements() : Measurements());
  }
  MRSN_ASSIGN_OR_RETURN(const std::vector<MeasuredRow> measured,
                        SelectMeasuredRows(table, sources, std::move(measurements)));
  Section section{absl::StrCat("table-", table.id()), table.caption(), {}};
  section.blocks.push_back(Shown(WithoutEmptyColumns(RowsOf(table, measured, results))));
  MRSN_ASSIGN_OR_RETURN(std::vector<Figure> figures, BarsOf(table, measured));
  section.blocks.push_back(Pictures(std::move(figures)));
  for (const std::string& note : table.note()) section.blocks.push_back(Paragraph(note));
  for (int r = 0; r < table.row_size(); ++r) {
    if (measured[r].left_out == 0) continue;
    section.blocks.push_back(Paragraph(absl::StrCat(
        table.row(r).experiment(), ": ", measured[r].left_out,
        measured[r].left_out == 1 ? " result" : " results",
        " of another configuration than the experiment's present one, or with overrides, left out here.")));
  }
  return section;
}

}  // namespace mrsn::experiments

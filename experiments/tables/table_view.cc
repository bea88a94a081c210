#include "experiments/tables/table_view.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/tables/statistics.h"
#include "experiments/tables/table_notes.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr char kNotRun[] = "not run";
constexpr double kPercent = 100;

class Numbers {
 public:
  // `show_n`: say over how many seeds a value is the mean.
  explicit Numbers(int decimals, bool show_n = true) : decimals_(decimals), show_n_(show_n) {}

  std::string Plain(double value) const { return absl::StrFormat("%.*f", decimals_, value); }
  std::string Signed(double value) const { return absl::StrFormat("%+.*f", decimals_, value); }
  std::string Measured(const std::optional<Estimate>& estimate) const {
    return estimate.has_value() ? WithError(Plain(estimate->mean), *estimate) : kNotRun;
  }
  std::string Gain(const std::optional<Estimate>& estimate) const {
    return estimate.has_value() ? WithError(Signed(estimate->mean), *estimate) : "";
  }

 private:
  // One seed gives no error.
  std::string WithError(const std::string& mean, const Estimate& estimate) const {
    const std::string n = show_n_ ? absl::StrCat(", n=", estimate.n) : "";
    if (!estimate.standard_error.has_value()) return mean + n;
    return absl::StrCat(mean, " ± ", Plain(*estimate.standard_error), n);
  }

  const int decimals_;
  const bool show_n_;
};

// Three digits, or the whole number: 0.0123, 12.4, 345.
std::string Short(double value) {
  return value >= 100 ? absl::StrFormat("%.0f", value) : absl::StrFormat("%.3g", value);
}

std::vector<std::string> Described(const Table& table, const Table::Row& row) {
  std::vector<std::string> cells = {row.label()};
  for (int c = 0; c < table.columns_size(); ++c) cells.push_back(row.cells(c) == "y" ? "✓" : row.cells(c));
  return cells;
}

Grid ScoreGrid(const Table& table, const std::vector<MeasuredRow>& measured) {
  const Numbers numbers(table.has_decimals() ? table.decimals() : 1);
  Grid grid;
  grid.caption = table.caption();
  grid.columns.push_back({"row"});
  for (const std::string& heading : table.columns()) grid.columns.push_back({heading});
  if (table.has_paper_data()) {
    grid.columns.push_back({absl::StrCat("paper's mAP, ", table.paper_data()), true});
    if (table.gains()) grid.columns.push_back({"gain", true});
  }
  grid.columns.push_back({absl::StrCat("our mAP, ", table.measured_data()), true});
  if (table.gains()) grid.columns.push_back({"gain", true});
  grid.columns.push_back({"experiment", false, true});
  const Table::Row& first = table.row(0);
  for (int r = 0; r < table.row_size(); ++r) {
    const Table::Row& row = table.row(r);
    std::vector<std::string> cells = Described(table, row);
    if (table.has_paper_data()) cells.push_back(row.has_paper() ? numbers.Plain(row.paper()) : "");
    if (table.has_paper_data() && table.gains()) {
      const bool both = r > 0 && row.has_paper() && first.has_paper();
      cells.push_back(both ? numbers.Signed(row.paper() - first.paper()) : "");
    }
    const BySeed values = FrameMaps(measured[r]);
    cells.push_back(numbers.Measured(MeanOf(values)));
    if (table.gains()) {
      cells.push_back(r == 0 ? "" : numbers.Gain(GainOf(values, FrameMaps(measured[0]))));
    }
    cells.push_back(row.experiment());
    grid.rows.push_back(std::move(cells));
  }
  return grid;
}

// The number of seeds if all rows have the same number of them, above 0.
std::optional<int> CommonSeeds(const std::vector<MeasuredRow>& measured) {
  const size_t n = measured[0].results.size();
  const bool same = std::all_of(measured.begin(), measured.end(),
                                [n](const MeasuredRow& row) { return row.results.size() == n; });
  return same && n > 0 ? std::optional<int>(n) : std::nullopt;
}

TableView Summary(const Table& table, const std::vector<MeasuredRow>& measured) {
  const std::optional<int> seeds = CommonSeeds(measured);
  const Numbers numbers(table.has_decimals() ? table.decimals() : 1, !seeds.has_value());
  Grid grid;
  grid.caption = table.caption();
  grid.columns = {{"row"},
                  {absl::StrCat("paper's mAP, ", table.paper_data()), true},
                  {absl::StrCat("our mAP, ", table.measured_data()), true},
                  {"our gain", true}};
  for (int r = 0; r < table.row_size(); ++r) {
    const Table::Row& row = table.row(r);
    const BySeed values = FrameMaps(measured[r]);
    grid.rows.push_back({row.label(), row.has_paper() ? numbers.Plain(row.paper()) : "",
                         numbers.Measured(MeanOf(values)),
                         r == 0 ? "" : numbers.Gain(GainOf(values, FrameMaps(measured[0])))});
  }
  TableView view;
  view.id = table.id();
  view.grids.push_back(std::move(grid));
  if (seeds && *seeds > 1) {
    view.notes.push_back(absl::StrCat("Means and standard errors over ", *seeds,
                                      " seeds; a gain's error is that of the differences paired by seed."));
  }
  return view;
}

// Total, the head's part of it and its share in percent; three empty cells if nothing is known.
void AppendTotalAndHead(bool known, double total, double head, double unit, std::vector<std::string>* cells) {
  const double share = total > 0 ? kPercent * head / total : 0;
  cells->push_back(known ? Short(total / unit) : "");
  cells->push_back(known ? Short(head / unit) : "");
  cells->push_back(known ? absl::StrFormat("%.2g", share) : "");
}

Grid CountGrid(const Table& table, const std::vector<MeasuredRow>& measured) {
  Grid grid;
  grid.caption = "Parameters and multiply-adds";
  grid.columns = {
      {"row"},         {"M parameters", true}, {"head's M", true},          {"head's % of M", true},
      {"GMACs", true}, {"head's GMACs", true}, {"head's % of GMACs", true}, {"counted on"}};
  for (int r = 0; r < table.row_size(); ++r) {
    std::vector<std::string> cells = {table.row(r).label()};
    const ModelCounts counts = measured[r].counts.value_or(ModelCounts());
    AppendTotalAndHead(counts.has_parameters(), counts.parameters().total(), counts.parameters().head(), 1e6,
                       &cells);
    AppendTotalAndHead(counts.has_multiply_adds(), counts.multiply_adds().total(),
                       counts.multiply_adds().head(), 1e9, &cells);
    cells.push_back(counts.multiply_adds().setting());
    grid.rows.push_back(std::move(cells));
  }
  return grid;
}

Grid SpeedGrid(const Table& table, const std::vector<MeasuredRow>& measured) {
  Grid grid;
  grid.caption = absl::StrCat("Clips per second, ", table.measured_data());
  grid.columns = {{"row"}, {"clips/s", true}};
  for (int r = 0; r < table.row_size(); ++r) {
    grid.rows.push_back(
        {table.row(r).label(), measured[r].speed ? Short(measured[r].speed->clips_per_second()) : kNotRun});
  }
  return grid;
}

Grid KindGrid(const Table& table, const std::vector<MeasuredRow>& measured) {
  const Numbers numbers(table.has_decimals() ? table.decimals() : 1);
  std::vector<std::string> kinds;
  for (const MeasuredRow& row : measured) {
    for (const Result& result : row.results) {
      for (const KindScore& score : result.by_kind()) {
        if (std::find(kinds.begin(), kinds.end(), score.kind()) == kinds.end()) kinds.push_back(score.kind());
      }
    }
  }
  Grid grid;
  grid.caption = absl::StrCat("Mean AP by kind of class, ", table.measured_data());
  grid.columns.push_back({"row"});
  for (const std::string& kind : kinds) grid.columns.push_back({kind, true});
  if (kinds.empty()) grid.columns.push_back({"kinds of classes", true});
  for (int r = 0; r < table.row_size(); ++r) {
    std::vector<std::string> cells = {table.row(r).label()};
    for (const std::string& kind : kinds) {
      cells.push_back(numbers.Measured(MeanOf(MeansOfKind(measured[r], kind))));
    }
    if (kinds.empty()) cells.push_back(kNotRun);
    grid.rows.push_back(std::move(cells));
  }
  return grid;
}

bool AnyCounts(const std::vector<MeasuredRow>& measured) {
  return std::any_of(measured.begin(), measured.end(),
                     [](const MeasuredRow& row) { return row.counts.has_value(); });
}

void Append(std::vector<std::string> more, std::vector<std::string>* notes) {
  notes->insert(notes->end(), more.begin(), more.end());
}

}  // namespace

absl::StatusOr<TableView> ViewTable(const Table& table, const TableSources& sources, TablePart part) {
  MRSN_ASSIGN_OR_RETURN(const std::vector<MeasuredRow> measured, ReadMeasuredRows(table, sources));
  if (part == TablePart::kSummary) return Summary(table, measured);
  TableView view;
  view.id = table.id();
  if (part == TablePart::kAll || part == TablePart::kScores) {
    view.command = absl::StrCat("./bazelw run //experiments:train -- --experiment=<experiment>",
                                table.has_command_flags() ? " " : "", table.command_flags());
    view.grids.push_back(ScoreGrid(table, measured));
    if (table.by_kind()) view.grids.push_back(KindGrid(table, measured));
    if (AnyCounts(measured)) view.grids.push_back(CountGrid(table, measured));
    view.notes.assign(table.note().begin(), table.note().end());
    Append(ScoreNotes(table, measured), &view.notes);
  }
  if (table.speed() && (part == TablePart::kAll || part == TablePart::kSpeed)) {
    view.grids.push_back(SpeedGrid(table, measured));
    Append(SpeedNotes(measured), &view.notes);
  }
  return view;
}

}  // namespace mrsn::experiments

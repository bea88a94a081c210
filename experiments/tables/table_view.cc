#include "experiments/tables/table_view.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/config/text_proto.h"
#include "experiments/tables/statistics.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr char kNotRun[] = "not run";
constexpr double kPercent = 100;

class Numbers {
 public:
  explicit Numbers(int decimals) : decimals_(decimals) {}

  std::string Plain(double value) const { return absl::StrFormat("%.*f", decimals_, value); }
  std::string Signed(double value) const { return absl::StrFormat("%+.*f", decimals_, value); }
  std::string Measured(const std::optional<Estimate>& estimate) const {
    return estimate.has_value() ? WithError(Plain(estimate->mean), *estimate) : kNotRun;
  }
  std::string Gain(const std::optional<Estimate>& estimate) const {
    return estimate.has_value() ? WithError(Signed(estimate->mean), *estimate) : "";
  }

 private:
  // One seed has no error that could be known.
  std::string WithError(const std::string& mean, const Estimate& estimate) const {
    if (!estimate.standard_error.has_value()) return absl::StrCat(mean, ", n=", estimate.n);
    return absl::StrCat(mean, " ± ", Plain(*estimate.standard_error), ", n=", estimate.n);
  }

  const int decimals_;
};

// Three digits, or the whole number: 0.0123, 12.4, 345.
std::string Short(double value) {
  return value >= 100 ? absl::StrFormat("%.0f", value) : absl::StrFormat("%.3g", value);
}

// "37.4 (12.4, 33 %)": the total, the head's part and its share.
std::string TotalAndHead(bool known, double total, double head, double unit) {
  if (!known) return "";
  const double share = total > 0 ? kPercent * head / total : 0;
  return absl::StrFormat("%s (%s, %.2g %%)", Short(total / unit), Short(head / unit), share);
}

std::vector<std::string> Described(const Table& table, const Table::Row& row) {
  std::vector<std::string> cells = {row.label()};
  for (int c = 0; c < table.columns_size(); ++c) cells.push_back(row.cells(c) == "y" ? "✓" : row.cells(c));
  return cells;
}

Grid MainGrid(const Table& table, const std::vector<MeasuredRow>& measured) {
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
  grid.columns.push_back({"M parameters (head)", true});
  grid.columns.push_back({"GMACs (head)", true});
  if (table.speed()) grid.columns.push_back({"clips/s", true});
  grid.columns.push_back({"command", false, true});
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
    const ModelCounts counts = measured[r].counts.value_or(ModelCounts());
    cells.push_back(
        TotalAndHead(counts.has_parameters(), counts.parameters().total(), counts.parameters().head(), 1e6));
    cells.push_back(TotalAndHead(counts.has_multiply_adds(), counts.multiply_adds().total(),
                                 counts.multiply_adds().head(), 1e9));
    if (table.speed()) {
      cells.push_back(measured[r].speed ? Short(measured[r].speed->clips_per_second()) : kNotRun);
    }
    cells.push_back(
        row.experiment().empty()
            ? ""
            : absl::StrCat("./bazelw run //experiments:train -- --experiment=", row.experiment()));
    grid.rows.push_back(std::move(cells));
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

// Where, when and with what the numbers were measured; what was left out.
std::vector<std::string> Notes(const Table& table, const std::vector<MeasuredRow>& measured) {
  std::vector<std::string> notes(table.note().begin(), table.note().end());
  std::set<std::string> dates, devices, commits, protocols, settings, data, speeds;
  bool errors = false;
  for (int r = 0; r < table.row_size(); ++r) {
    for (const Result& result : measured[r].results) {
      dates.insert(result.date());
      devices.insert(result.device());
      commits.insert(result.commit());
      protocols.insert(absl::StrFormat("%s at IoU %g", result.protocol(), result.iou_threshold()));
      data.insert(result.data_fingerprint().substr(0, 12));
    }
    if (measured[r].counts && measured[r].counts->multiply_adds().has_setting()) {
      settings.insert(measured[r].counts->multiply_adds().setting());
    }
    if (table.speed() && measured[r].speed) {
      const Speed& speed = *measured[r].speed;
      speeds.insert(absl::StrFormat("%s, median of %d rounds, %s on %s, commit %s", speed.setting(),
                                    speed.rounds(), speed.date(), speed.device(), speed.commit()));
    }
    errors = errors || measured[r].results.size() > 1;
  }
  if (errors) {
    notes.push_back(
        "± is the standard error of the mean over n seeds; a gain's is that of the paired differences where "
        "both rows have the same seeds.");
  }
  if (!dates.empty()) {
    notes.push_back(absl::StrCat("Measured ", absl::StrJoin(dates, ", "), " on ",
                                 absl::StrJoin(devices, "; "), ", commit ", absl::StrJoin(commits, ", "),
                                 ", protocol ", absl::StrJoin(protocols, ", "), "."));
  }
  if (!settings.empty()) notes.push_back(absl::StrCat("GMACs: ", absl::StrJoin(settings, "; "), "."));
  if (!speeds.empty()) {
    notes.push_back(absl::StrCat(
        "Clips/s: model alone, rows in turn in one process: ", absl::StrJoin(speeds, "; "), "."));
  }
  if (data.size() > 1) {
    notes.push_back(absl::StrCat("Careful: the rows were measured on different versions of the data: ",
                                 absl::StrJoin(data, ", "), "."));
  }
  for (int r = 0; r < table.row_size(); ++r) {
    if (measured[r].left_out == 0) continue;
    notes.push_back(absl::StrFormat("%s: %d result%s of another configuration or with overrides left out.",
                                    table.row(r).experiment(), measured[r].left_out,
                                    measured[r].left_out == 1 ? "" : "s"));
  }
  return notes;
}

absl::Status CheckTable(const Table& table, const std::string& path, const FieldPlaces& places) {
  const auto invalid = [&](const std::string& field, const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat(PlaceOf(places, field, path), ": ", field, ": ", what));
  };
  for (const char* field : {"id", "caption", "metric", "measured_data", "row[0]"}) {
    if (places.count(field) == 0) return invalid(field, "not set");
  }
  if (table.metric() != Table::FRAME_MAP_50) return invalid("metric", "allowed: FRAME_MAP_50");
  if (table.decimals() < 0 || table.decimals() > 6) return invalid("decimals", "allowed: 0..6");
  if (table.results().find("..") != std::string::npos) return invalid("results", "allowed: a folder's name");
  for (int r = 0; r < table.row_size(); ++r) {
    const Table::Row& row = table.row(r);
    const std::string field = absl::StrCat("row[", r, "].");
    if (row.label().empty()) return invalid(field + "label", "not set");
    if (row.has_paper() && !table.has_paper_data())
      return invalid("paper_data", absl::StrCat("not set, but row[", r, "] has a paper value"));
    if (row.has_paper() && !(row.paper() >= 0 && row.paper() <= kPercent)) {
      return invalid(field + "paper", absl::StrCat(row.paper(), "; allowed: percent, 0..100"));
    }
    if (row.cells_size() != table.columns_size()) {
      return invalid(field + "cells",
                     absl::StrCat(row.cells_size(), " cells under ", table.columns_size(), " columns"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Table> ReadTable(const std::string& tables_root, const std::string& name) {
  const std::string path = absl::StrCat(tables_root, "/", name, ".textproto");
  if (!FileExists(path)) {
    std::set<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(tables_root, error)) {
      if (entry.path().extension() == ".textproto") names.insert(entry.path().stem());
    }
    return absl::NotFoundError(absl::StrCat("unknown table '", name, "': there is no ", ShownPath(path),
                                            "; there are ", absl::StrJoin(names, ", ")));
  }
  Table table;
  FieldPlaces places;
  MRSN_RETURN_IF_ERROR(ReadTextProto(path, &table, &places));
  MRSN_RETURN_IF_ERROR(CheckTable(table, ShownPath(path), places));
  return table;
}

std::string ResultsInTree(const Table& table, const std::string& results_root) {
  return table.has_results() ? absl::StrCat(results_root, "/", table.results()) : results_root;
}

absl::StatusOr<TableView> ViewTable(const Table& table, const TableSources& sources) {
  std::vector<MeasuredRow> measured;
  for (const Table::Row& row : table.row()) {
    MRSN_ASSIGN_OR_RETURN(MeasuredRow one, ReadMeasuredRow(row.experiment(), sources));
    measured.push_back(std::move(one));
  }
  TableView view;
  view.id = table.id();
  view.grids.push_back(MainGrid(table, measured));
  if (table.by_kind()) view.grids.push_back(KindGrid(table, measured));
  view.notes = Notes(table, measured);
  return view;
}

}  // namespace mrsn::experiments

#include "experiments/tables/table_manifest.h"

#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/config/text_proto.h"
#include "ops/base/file.h"
#include "ops/base/runfiles.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

constexpr double kPercent = 100;

absl::Status CheckTable(const Table& table, const std::string& path, const FieldPlaces& places) {
  const auto invalid = [&](const std::string& field, const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat(PlaceOf(places, field, path), ": ", field, ": ", what));
  };
  for (const char* field : {"id", "caption", "metric", "measured_data", "row[0]"}) {
    if (places.count(field) == 0) return invalid(field, "not set");
  }
  if (table.metric() != Table::FRAME_MAP_50) return invalid("metric", "allowed: FRAME_MAP_50");
  if (table.decimals() < 0 || table.decimals() > 6) return invalid("decimals", "allowed: 0..6");
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

std::vector<std::string> RowExperiments(const Table& table) {
  std::vector<std::string> experiments;
  for (const Table::Row& row : table.row()) {
    if (!row.experiment().empty()) experiments.push_back(row.experiment());
  }
  return experiments;
}

}  // namespace mrsn::experiments

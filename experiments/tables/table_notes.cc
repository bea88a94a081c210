#include "experiments/tables/table_notes.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/result_precision.h"
#include "experiments/score_text.h"

namespace mrsn::experiments {

std::vector<std::string> ScoreNotes(const Table& table, const std::vector<MeasuredRow>& measured,
                                    bool one_data_set) {
  std::vector<std::string> notes;
  std::set<std::string> dates, devices, commits, protocols, data;
  bool errors = false;
  for (const MeasuredRow& row : measured) {
    for (const Result& result : row.results) {
      dates.insert(result.date());
      devices.insert(result.device());
      commits.insert(result.commit());
      protocols.insert(absl::StrFormat("%s at IoU %g", result.protocol(), result.iou_threshold()));
      data.insert(result.data_fingerprint().substr(0, 12));
    }
    errors = errors || row.results.size() > 1;
  }
  if (errors) {
    notes.push_back(absl::StrCat("± is the standard error of the mean over n seeds",
                                 table.gains() ? "; a gain's is that of the paired differences where both "
                                                 "rows have the same seeds."
                                               : "."));
  }
  if (!dates.empty()) {
    notes.push_back(absl::StrCat("Measured ", absl::StrJoin(dates, ", "), " on ",
                                 absl::StrJoin(devices, "; "), ", commit ", absl::StrJoin(commits, ", "),
                                 ", protocol ", absl::StrJoin(protocols, ", "), "."));
  }
  if (one_data_set && data.size() > 1) {
    notes.push_back(absl::StrCat("Careful: the rows were measured on different versions of the data: ",
                                 absl::StrJoin(data, ", "), "."));
  }
  for (int r = 0; r < table.row_size(); ++r) {
    std::set<std::string> precisions;
    for (const Result& result : measured[r].results) {
      if (PrecisionOf(result) != kFloat32) precisions.insert(PrecisionOf(result));
    }
    if (precisions.empty()) continue;
    notes.push_back(absl::StrFormat("%s: computed in %s.", table.row(r).experiment(),
                                    absl::StrJoin(precisions, " and ")));
  }
  for (int r = 0; r < table.row_size(); ++r) {
    for (const Result& result : measured[r].results) {
      if (!IsExtreme(result)) continue;
      notes.push_back(
          absl::StrCat(table.row(r).experiment(), " seed ", result.seed(), ": ", ExtremeText(result), "."));
    }
  }
  for (int r = 0; r < table.row_size(); ++r) {
    if (measured[r].left_out == 0) continue;
    notes.push_back(absl::StrFormat("%s: %d result%s of another configuration or with overrides left out.",
                                    table.row(r).experiment(), measured[r].left_out,
                                    measured[r].left_out == 1 ? "" : "s"));
  }
  return notes;
}

std::vector<std::string> SpeedNotes(const std::vector<MeasuredRow>& measured) {
  std::set<std::string> speeds;
  for (const MeasuredRow& row : measured) {
    if (!row.speed) continue;
    speeds.insert(absl::StrFormat("%s, median of %d rounds, %s on %s, commit %s", row.speed->setting(),
                                  row.speed->rounds(), row.speed->date(), row.speed->device(),
                                  row.speed->commit()));
  }
  if (speeds.empty()) return {};
  return {
      absl::StrCat("Clips/s: model alone, rows in turn in one process: ", absl::StrJoin(speeds, "; "), ".")};
}

}  // namespace mrsn::experiments

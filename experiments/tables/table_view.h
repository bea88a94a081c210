// A table manifest and the measurements on disk, as cells of text.
#ifndef MRSN_EXPERIMENTS_TABLES_TABLE_VIEW_H_
#define MRSN_EXPERIMENTS_TABLES_TABLE_VIEW_H_

#include "absl/status/statusor.h"
#include "experiments/table.pb.h"
#include "experiments/tables/grid.h"
#include "experiments/tables/measured_row.h"

namespace mrsn::experiments {

// The parts of a table that a view shows.
enum class TablePart {
  kAll,      // scores, kinds of classes, counts, speeds
  kScores,   // all but the speeds: a section of RESULTS.md
  kSummary,  // four columns: row, paper, ours, gain
  kSpeed,    // clips per second
};

// Columns of the scores: label, the manifest's, paper, ours (each with its gain over the first row if
// `gains`), experiment. The mean AP by kind of class, the counts (parameters, multiply-adds, the head's
// share of either in percent) and the speeds are grids of their own.
// A row without results says "not run". Measured cells: "46.31 ± 0.42, n=5", the mean and standard error
// over seeds, or "46.31, n=1". A result counts for a row only if it was measured with the experiment's
// present configuration and without overrides; a note gives the number of the others.
absl::StatusOr<TableView> ViewTable(const Table& table, const TableSources& sources,
                                    TablePart part = TablePart::kAll);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_TABLE_VIEW_H_

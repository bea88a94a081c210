// A table manifest and the results on disk, as cells of text.
#ifndef MRSN_EXPERIMENTS_TABLES_TABLE_VIEW_H_
#define MRSN_EXPERIMENTS_TABLES_TABLE_VIEW_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/table.pb.h"
#include "experiments/tables/measured_row.h"

namespace mrsn::experiments {

struct Column {
  std::string heading;
  bool numeric = false;  // set to the right
  bool code = false;     // a command
};

struct Grid {
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // one cell a column; "" = empty
};

struct TableView {
  std::string id;
  std::vector<Grid> grids;  // the table; then, if asked for, AP by kind of class
  std::vector<std::string> notes;
};

// The manifest <tables_root>/<name>.textproto. Errors name file, line and field.
absl::StatusOr<Table> ReadTable(const std::string& tables_root, const std::string& name);

// Where the table's results in the tree are, given experiments/records/results.
std::string ResultsInTree(const Table& table, const std::string& results_root);

// Columns: label, the manifest's, paper, ours, each with its gain over the first row
// if `gains`, parameters, multiply-adds (each with the head's part and its share in
// percent), speed if asked for, command. A row without results says "not run".
// Measured cells: "46.31 ± 0.42, n=5", the mean and standard error over seeds, or
// "46.31, n=1". A result counts for a row only if it was measured with the row's
// experiment as it is now and without overrides; others are mentioned in a note.
absl::StatusOr<TableView> ViewTable(const Table& table, const TableSources& sources);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_TABLE_VIEW_H_

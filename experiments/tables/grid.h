// A table as cells of text, whatever it will be printed as.
#ifndef MRSN_EXPERIMENTS_TABLES_GRID_H_
#define MRSN_EXPERIMENTS_TABLES_GRID_H_

#include <string>
#include <vector>

namespace mrsn::experiments {

struct Column {
  std::string heading;
  bool numeric = false;  // aligned to the right
  bool code = false;     // shown as code in Markdown
};

struct Grid {
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // one cell for each column; "" = empty
};

struct TableView {
  std::string id;
  std::string command;  // runs one row, with <placeholders>; "" = none
  std::vector<Grid> grids;
  std::vector<std::string> notes;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_GRID_H_

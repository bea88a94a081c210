// Everything known of one row of a table: results, counts, speed.
#ifndef MRSN_EXPERIMENTS_TABLES_MEASURED_ROW_H_
#define MRSN_EXPERIMENTS_TABLES_MEASURED_ROW_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/result.pb.h"
#include "experiments/table.pb.h"
#include "experiments/tables/statistics.h"
#include "experiments/tables/table_results.h"

namespace mrsn::experiments {

// Where the numbers of a table come from.
struct TableSources {
  std::string configs_root;  // folder of <experiment>.textproto
  std::string results;       // folder or file, as ReadMeasurements reads it
  std::string counts_path;   // a Counts message; the file may be missing
};

// Holds only numbers that were measured with the experiment's present configuration and without overrides.
struct MeasuredRow {
  std::vector<Result> results;        // by seed
  int left_out = 0;                   // results of another configuration, or with overrides
  std::optional<ModelCounts> counts;  // from counts_path, else from the first result
  std::optional<Speed> speed;
};

// One MeasuredRow for each row of the table; a row without an experiment has an empty one. Errors name
// the file.
absl::StatusOr<std::vector<MeasuredRow>> ReadMeasuredRows(const Table& table, const TableSources& sources);

// The same from measurements that have been read: those of RowExperiments(table), in their order.
// sources.results is not used.
absl::StatusOr<std::vector<MeasuredRow>> SelectMeasuredRows(const Table& table, const TableSources& sources,
                                                            MeasuredExperiments measured);

// frame-mAP in percent.
BySeed FrameMaps(const MeasuredRow& row);
// Mean AP in percent over the classes of one kind.
BySeed MeansOfKind(const MeasuredRow& row, const std::string& kind);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_MEASURED_ROW_H_

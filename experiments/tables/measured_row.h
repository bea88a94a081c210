// What is known of one row of a table: results, counts, speed.
#ifndef MRSN_EXPERIMENTS_TABLES_MEASURED_ROW_H_
#define MRSN_EXPERIMENTS_TABLES_MEASURED_ROW_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/result.pb.h"
#include "experiments/tables/statistics.h"

namespace mrsn::experiments {

// Where the numbers of a table come from.
struct TableSources {
  std::string configs_root;  // folder of <experiment>.textproto
  std::string results_root;  // folder of <experiment>/seed<k>.textproto and .../speed.textproto
  std::string counts_path;   // a Counts message; may be missing
};

// Only what was measured with the experiment as it is now, and without overrides.
struct MeasuredRow {
  std::vector<Result> results;        // by seed
  int left_out = 0;                   // results of another config, or with overrides
  std::optional<ModelCounts> counts;  // of counts_path, else of the first result
  std::optional<Speed> speed;
};

// Of no experiment ("") nothing is known. Errors name the file.
absl::StatusOr<MeasuredRow> ReadMeasuredRow(const std::string& experiment, const TableSources& sources);

// frame-mAP in percent.
BySeed FrameMaps(const MeasuredRow& row);
// Mean AP in percent over the classes of one kind.
BySeed MeansOfKind(const MeasuredRow& row, const std::string& kind);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_MEASURED_ROW_H_

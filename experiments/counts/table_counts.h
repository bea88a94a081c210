// Counts parameters and multiply-adds of every row of the tables, for experiments/records/counts.textproto.
#ifndef MRSN_EXPERIMENTS_COUNTS_TABLE_COUNTS_H_
#define MRSN_EXPERIMENTS_COUNTS_TABLE_COUNTS_H_

#include <string>

#include "absl/status/statusor.h"

namespace mrsn::experiments {

// The Counts message, as text with its header, of all rows of the tables under `tables_root` with
// `counts_size`, ordered by experiment: clips of counts_size x counts_size pixels and as many
// frames as the row is evaluated on, 3 boxes, 3 bank entries a second.
absl::StatusOr<std::string> CountTables(const std::string& tables_root, const std::string& configs_root);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_COUNTS_TABLE_COUNTS_H_

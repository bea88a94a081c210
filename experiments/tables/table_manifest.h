// Reads the manifests under experiments/tables.
#ifndef MRSN_EXPERIMENTS_TABLES_TABLE_MANIFEST_H_
#define MRSN_EXPERIMENTS_TABLES_TABLE_MANIFEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/table.pb.h"

namespace mrsn::experiments {

// The manifest <tables_root>/<name>.textproto, checked. Errors name file, line and field; the error for
// an unknown name lists the names of all manifests.
absl::StatusOr<Table> ReadTable(const std::string& tables_root, const std::string& name);

// The experiments of the rows, in their order; rows without an experiment are left out.
std::vector<std::string> RowExperiments(const Table& table);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_TABLE_MANIFEST_H_

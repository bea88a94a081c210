// Counts parameters and multiply-adds of every row of the tables, for experiments/records/counts.textproto.
#ifndef MRSN_EXPERIMENTS_COUNTS_TABLE_COUNTS_H_
#define MRSN_EXPERIMENTS_COUNTS_TABLE_COUNTS_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "experiments/result.pb.h"

namespace mrsn::experiments {

// The experiments of all rows of the tables under `tables_root` with `counts_size`, and that size, for which
// each is counted: the clip's height and width in pixels. An error if two tables have two sizes for one.
absl::StatusOr<std::map<std::string, int>> CountedExperiments(const std::string& tables_root);

// Of clips of size x size pixels and as many frames as the experiment is evaluated on, 3 boxes, 3 bank
// entries a second.
absl::StatusOr<ModelCounts> CountModel(const std::string& configs_root, const std::string& experiment,
                                       int size);

// The text of the file, with its header.
std::string CountsText(const Counts& counts);

// CountsText of all CountedExperiments, ordered by experiment.
absl::StatusOr<std::string> CountTables(const std::string& tables_root, const std::string& configs_root);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_COUNTS_TABLE_COUNTS_H_

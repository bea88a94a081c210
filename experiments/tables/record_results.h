// From the files of a run to the table's file in the tree.
#ifndef MRSN_EXPERIMENTS_TABLES_RECORD_RESULTS_H_
#define MRSN_EXPERIMENTS_TABLES_RECORD_RESULTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/config/config.h"
#include "experiments/result.pb.h"
#include "experiments/table.pb.h"

namespace mrsn::experiments {

// Removes the results that must not be recorded: of another configuration than `experiment` has now, of
// uncommitted code, or not official. A changed experiment, a point of a sweep, has no official results; of
// these, results of given weights are removed. Returns the number of the removed ones.
int RemoveUnrecordable(const ResolvedExperiment& experiment, std::vector<Result>* results);

// "; 2 left out: of another configuration, ..."; "" for 0.
std::string LeftOutText(int left_out);

struct RecordOptions {
  std::string configs_root;  // folder of <experiment>.textproto
  std::string results;       // folder of <experiment>/seed<k>.textproto and <experiment>/speed.textproto
  std::string recorded;      // the table's file; replaced, or made
};

// Writes the results and speeds of the table's rows to `recorded` and returns what it did, one line for
// each experiment. A row with new results loses its old ones; a row without new results keeps its old ones.
// Results of another configuration, with overrides or of uncommitted code are left out, and the line says so.
// NotFound if no row has a new result or speed.
absl::StatusOr<std::string> RecordResults(const Table& table, const RecordOptions& options);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_RECORD_RESULTS_H_

// Results on disk: <root>/<experiment>/seed<k>.textproto.
#ifndef MRSN_EXPERIMENTS_TABLES_RESULT_FILES_H_
#define MRSN_EXPERIMENTS_TABLES_RESULT_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/result.pb.h"

namespace mrsn::experiments {

// All seeds' results of an experiment, by seed; none when there is no folder. Errors
// name the file: not readable, of another experiment or seed than its place says, or
// with an average precision outside 0..1.
absl::StatusOr<std::vector<Result>> ReadResults(const std::string& root, const std::string& experiment);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_RESULT_FILES_H_

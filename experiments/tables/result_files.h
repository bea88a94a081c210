// Results on disk: a folder with one file for each run, or one file for a whole table.
#ifndef MRSN_EXPERIMENTS_TABLES_RESULT_FILES_H_
#define MRSN_EXPERIMENTS_TABLES_RESULT_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/result.pb.h"
#include "experiments/table_results.pb.h"
#include "experiments/tables/table_results.h"

namespace mrsn::experiments {

// All results of an experiment, <root>/<experiment>/seed<k>.textproto, by seed; none when there is no
// folder. Errors name the file: it cannot be read, its experiment or seed is not the one its place says,
// or an average precision is outside 0..1.
absl::StatusOr<std::vector<Result>> ReadResults(const std::string& root, const std::string& experiment);

// Every measurement at `source`, by experiment: a folder, in which files seed<k>.textproto and
// speed.textproto are found at any depth; one such file; or the file of a table. A file's folders must end
// with the name of its experiment, so that a part of a results folder can be read alone; Measurements.paths
// names them. Experiments of a folder come in the order of their names, those of a table in the order of the
// table. Errors as above; `source` does not exist; it holds no results.
absl::StatusOr<MeasuredExperiments> ReadAllMeasurements(const std::string& source);

// The measurements of `experiments`, in this order, from `source`: a folder as above, where
// <experiment>/speed.textproto holds the speed, or the file of a table (its name ends in .textproto).
// An experiment that was never measured has no results; a source that does not exist has none at all.
absl::StatusOr<MeasuredExperiments> ReadMeasurements(const std::string& source,
                                                     const std::vector<std::string>& experiments);

// UnpackResults. Errors also say that a value is outside its range, or that an experiment stands there twice;
// `place` names the file.
absl::StatusOr<MeasuredExperiments> UnpackAndCheck(const TableResults& packed, const std::string& place);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_RESULT_FILES_H_

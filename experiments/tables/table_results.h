// The file of a table's results (experiments/table_results.proto), packed and unpacked.
#ifndef MRSN_EXPERIMENTS_TABLES_TABLE_RESULTS_H_
#define MRSN_EXPERIMENTS_TABLES_TABLE_RESULTS_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/result.pb.h"
#include "experiments/table_results.pb.h"

namespace mrsn::experiments {

// Everything measured of one experiment.
struct Measurements {
  std::vector<Result> results;  // by seed
  std::optional<Speed> speed = {};
  std::map<uint64_t, std::string> paths = {};  // by seed: the result's own file, for results that have one
};

// (experiment, its measurements), in the order of a table's rows.
using MeasuredExperiments = std::vector<std::pair<std::string, Measurements>>;

// Writes each fact once: fields that are equal everywhere move to TableResults.common, fields that are
// equal in one experiment to ExperimentResults.common. UnpackResults gives back the same messages.
// InvalidArgument if two results differ in their classes or in a class's number of ground-truth boxes.
absl::StatusOr<TableResults> PackResults(const std::string& table, const MeasuredExperiments& measured);

// InvalidArgument if a run has not one value for each class and kind. `origin` names the file in errors.
absl::StatusOr<MeasuredExperiments> UnpackResults(const TableResults& packed, const std::string& origin);

// `result` without its measured average precisions: the part that results in one TableResults share.
Result ClassesAndKinds(const Result& result);

// The text of a file of results, with its two header lines. A list of numbers takes one line.
std::string ResultsText(const google::protobuf::Message& packed);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_TABLE_RESULTS_H_

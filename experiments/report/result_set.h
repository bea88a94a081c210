// The results that a page shows together: runs of experiments that can be compared.
#ifndef MRSN_EXPERIMENTS_REPORT_RESULT_SET_H_
#define MRSN_EXPERIMENTS_REPORT_RESULT_SET_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/result.pb.h"
#include "experiments/tables/statistics.h"
#include "experiments/tables/table_results.h"

namespace mrsn::experiments {

struct ReportedRun {
  std::string id;  // "r1", "r2", ..: names the run's line in the page's list of runs
  Result result;
  std::string path = {};  // of its own file; "" = it has none, as in the file of a table
};

struct ReportedExperiment {
  std::string name;
  std::vector<ReportedRun> runs;  // by seed; at least one
  std::optional<Speed> speed;

  // Ids of the runs, "r1 r2": the origin of a number that is measured on all of them.
  std::string RunIds() const;
  Measurements AsMeasurements() const;
};

struct ResultSet {
  std::vector<ReportedExperiment> experiments;
  // Equal in all runs.
  std::string protocol, data_fingerprint;
  double iou_threshold = 0;

  const Result& first() const { return experiments.front().runs.front().result; }
  // Null if the set has no such experiment.
  const ReportedExperiment* Find(const std::string& name) const;
  // Gives the runs their ids, in the order of the experiments.
  void NumberRuns();
};

// Reads every source (ReadAllMeasurements) and keeps the experiments whose name matches one of `patterns`,
// shell patterns such as "micro/*"; no pattern keeps all. InvalidArgument, naming both experiments and both
// values, if two runs differ in protocol, IoU threshold, evaluated data or classes, if runs of one experiment
// differ in configuration, or if a run comes twice. NotFound if nothing is left.
absl::StatusOr<ResultSet> ReadResultSet(const std::vector<std::string>& sources,
                                        const std::vector<std::string>& patterns);

// InvalidArgument, naming both results and both values, if they differ in protocol, IoU threshold, evaluated
// data or classes.
absl::Status CheckSameEvaluation(const Result& a, const std::string& name_a, const Result& b,
                                 const std::string& name_b);

// Names the line of the page's list of speeds that holds the speed of the set's `number`-th experiment,
// from 1.
std::string SpeedId(int number);

// Values in percent.
BySeed FrameMaps(const ReportedExperiment& experiment);
BySeed ClassAps(const ReportedExperiment& experiment, int class_id);
BySeed KindMeans(const ReportedExperiment& experiment, const std::string& kind);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_RESULT_SET_H_

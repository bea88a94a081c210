// The results of a sweep that the tree keeps, written and read; no LibTorch.
#ifndef MRSN_ABLATIONS_SWEEP_RESULTS_H_
#define MRSN_ABLATIONS_SWEEP_RESULTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ablations/sweep.h"
#include "absl/status/statusor.h"
#include "experiments/config/config.h"
#include "experiments/config/experiment_graph.h"
#include "experiments/result.pb.h"

namespace mrsn::ablations {

// The runs of one label: an experiment, or a point of the grid.
struct SweepPoint {
  std::string label;
  std::shared_ptr<const experiments::ResolvedExperiment> resolved;
  std::set<uint64_t> seeds;
  bool asked = false;  // false: the sweep's runs only start from it, and it is no row of the sweep
};

// In the order of SweepRuns::asked; then those that the others start from.
std::vector<SweepPoint> PointsOf(const SweepRuns& runs);

// The results of each label, by seed.
using ResultsOfLabels = std::map<std::string, std::vector<Result>>;

// The file below the workspace `root` that holds the sweep's results: ablations/results/<name>.textproto, or
// of a sweep with a table the table's file, experiments/records/results/<table>.textproto.
std::string RecordedPath(const std::string& root, const std::string& name, const Sweep& sweep);

// Reads such a file; no results if it does not exist. Errors name the file: a run stands there twice, the
// file is another sweep's, or a value is outside its range.
absl::StatusOr<ResultsOfLabels> ReadRecorded(const std::string& path, const std::string& name,
                                             const Sweep& sweep);

struct RecordSweepOptions {
  std::string results;   // folder of <label>/seed<k>.textproto
  std::string recorded;  // ablations/results/<name>.textproto; replaced, or made
};

// Writes the results of the sweep's runs, and of those that they start from, to `recorded`. Trains nothing:
// runs without a result stay missing. A new result replaces the recorded one of its label and seed; other
// recorded ones stay. Results of another configuration than the sweep has now, of given weights or of
// uncommitted code are left out. Returns a line for each label, which names what is missing and what was left
// out, and the number of recorded runs of the sweep. NotFound if none of these is new. FailedPrecondition,
// and nothing is written, if a run that others start from has other weights than the recorded one. For sweeps
// without a table.
absl::StatusOr<std::string> RecordSweep(const std::string& name, const SweepRuns& runs,
                                        const RecordSweepOptions& options);

struct TakenResults {
  // SweepRuns::asked without the runs that are recorded.
  std::vector<std::shared_ptr<const experiments::RunNode>> left;
  int taken = 0;  // runs that are recorded
};

// The results that the file `recorded` has of the sweep's runs, of the configurations that they have now, are
// written to <output_root>/results, where no file is: whoever reads results there finds them as on the
// machine that made them. Weights, detections and logs are not recorded.
absl::StatusOr<TakenResults> TakeRecorded(const std::string& name, const Sweep& sweep, const SweepRuns& runs,
                                          const std::string& recorded, const std::string& output_root);

}  // namespace mrsn::ablations

#endif  // MRSN_ABLATIONS_SWEEP_RESULTS_H_

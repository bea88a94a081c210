// Which runs a run needs: the one walk over the edges between experiments.
//
//   micro/long, seed 3 --initial------> micro/pretrain, seed 0
//        |                                   ^
//        +-----bank_writer--> micro/short, seed 3
//
// An edge `initialise_from` leads to the other experiment's run with seed 0, an edge
// `relation_bank_from` to its run with the same seed.
#ifndef MRSN_EXPERIMENTS_CONFIG_EXPERIMENT_GRAPH_H_
#define MRSN_EXPERIMENTS_CONFIG_EXPERIMENT_GRAPH_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/config/config.h"

namespace mrsn::experiments {

// One run, as a user asks for it.
struct RunRequest {
  std::string experiment;     // a name under experiments/configs, or the absolute path of a file
  std::string override_text;  // a change of its config in text format; "" = none
  // The name of the run's folder and results. "" = the experiment's name; with an override that changes more
  // than places of files, that name and the changed config's fingerprint.
  std::string label;
  uint64_t seed = 0;
};

// One run with its config resolved, and the runs it starts from.
struct RunNode {
  std::shared_ptr<const ResolvedExperiment> resolved;
  std::string override_text;  // as asked for; the result is official unless it changes the config
  std::string label;          // never empty
  uint64_t seed = 0;
  std::shared_ptr<const RunNode> initial;      // gives the initial backbone; null = none
  std::shared_ptr<const RunNode> bank_writer;  // writes the relation bank; null = none
};

// Resolves each (experiment, override) once, whatever the number of runs.
class ExperimentGraph {
 public:
  // `configs_root` is the folder of <experiment>.textproto.
  explicit ExperimentGraph(std::string configs_root) : configs_root_(std::move(configs_root)) {}

  // The run's node; the same one when it was asked for before. Errors: those of
  // LoadExperiment, and a cycle, which names the file and field with the closing edge.
  absl::StatusOr<std::shared_ptr<const RunNode>> Add(const RunRequest& request);

  // Every run once, after the runs it needs.
  const std::vector<std::shared_ptr<const RunNode>>& nodes() const { return nodes_; }

 private:
  using ConfigKey = std::pair<std::string, std::string>;                  // experiment, override
  using RunKey = std::tuple<ConfigKey, std::string /*label*/, uint64_t>;  // and seed

  absl::StatusOr<std::shared_ptr<const ResolvedExperiment>> Resolve(const ConfigKey& key);
  // `path` holds the experiments from the asked-for one down to this one's asker.
  absl::StatusOr<std::shared_ptr<const RunNode>> AddBelow(const RunRequest& request,
                                                          std::vector<std::string> path);

  const std::string configs_root_;
  std::map<ConfigKey, std::shared_ptr<const ResolvedExperiment>> resolved_;
  std::map<RunKey, std::shared_ptr<const RunNode>> known_;
  std::vector<std::shared_ptr<const RunNode>> nodes_;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_CONFIG_EXPERIMENT_GRAPH_H_

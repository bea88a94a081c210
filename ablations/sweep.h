// From a sweep's file to the list of its runs; no LibTorch.
#ifndef MRSN_ABLATIONS_SWEEP_H_
#define MRSN_ABLATIONS_SWEEP_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ablations/sweep.pb.h"
#include "absl/status/statusor.h"
#include "experiments/config/experiment_graph.h"

namespace mrsn::ablations {

struct SweepRuns {
  // Every run once, after the runs it needs.
  std::vector<std::shared_ptr<const experiments::RunNode>> all;
  // Those the sweep asks for, in its order. The others write a relation bank or give
  // the initial backbone. A point of a grid has the label "<experiment>@width=64,depth=2".
  std::vector<std::shared_ptr<const experiments::RunNode>> asked;
};

// <sweeps_root>/<name>.textproto, or the file outside the tree that `name` is the absolute path of; checked.
// The experiments of such a file may be paths that end in .textproto, relative to its folder. A sweep without
// experiments gets those of its table's rows, <tables_root>/<table>.textproto. Errors name file, line and
// field; the error for an unknown name lists the nearest names.
absl::StatusOr<Sweep> ReadSweep(const std::string& sweeps_root, const std::string& tables_root,
                                const std::string& name);

// Seeds are the outermost loop: a sweep that is stopped has complete rows of its first
// seeds. `seeds` replaces the file's number. Every run's config is loaded: an error in
// one point is found before anything is trained. A point that changes the model of an
// experiment with a relation bank is refused, since the bank's writer lacks the change; model.mrsn.long_term,
// which the writer does not have, may change.
absl::StatusOr<SweepRuns> ExpandSweep(const Sweep& sweep, const std::string& configs_root,
                                      std::optional<int> seeds = std::nullopt);

}  // namespace mrsn::ablations

#endif  // MRSN_ABLATIONS_SWEEP_H_

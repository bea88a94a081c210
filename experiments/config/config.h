// Experiments by name: files composed, defaulted, checked and fingerprinted.
//
//   experiments/configs/micro/acre.textproto:
//     base: "base/micro"
//     clear: "model.linear"
//     model { mrsn { acre {} } }
//
// Composition: the base's chain first (at most three files), then `clear` paths are
// unset, lists that this file sets replace the base's, everything else is merged.
#ifndef MRSN_EXPERIMENTS_CONFIG_CONFIG_H_
#define MRSN_EXPERIMENTS_CONFIG_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "experiments/experiment.pb.h"

namespace mrsn::experiments {

struct ResolvedExperiment {
  std::string name;
  Experiment experiment;    // without base and clear; train and eval defaults filled in
  std::string text;         // of `experiment`, deterministic: what goldens and runs store
  std::string fingerprint;  // SHA-256 of `text` without description and expected
};

// Reads <root>/<name>.textproto. `override_text` is one more layer in text format on
// top, for debugging; its clear paths work, its base must be empty. Errors name the
// file, line and field: unknown experiment (with the nearest names), unknown field,
// wrong type, bad clear path, cyclic or too deep bases, values out of range.
absl::StatusOr<ResolvedExperiment> LoadExperiment(const std::string& root, const std::string& name,
                                                  absl::string_view override_text = "");

// Names of all experiments under `root`, sorted; files of base/ are none.
absl::StatusOr<std::vector<std::string>> ListExperiments(const std::string& root);

// Fills what is not set of `train` and `eval` with the documented defaults.
void FillDefaults(Experiment* experiment);

// Ranges of train, eval and inputs; `origin` is put before the field's path.
// (Model and data are checked where they are built.)
absl::Status ValidateExperiment(const Experiment& experiment, const std::string& origin);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_CONFIG_CONFIG_H_

// Experiments by name: files composed, defaulted, checked and fingerprinted.
//
//   experiments/configs/micro/acre.textproto:
//     base: "base/micro"
//     clear: "model.linear"
//     model { mrsn { acre {} } }
//
// An experiment outside the tree is a file that is named by its absolute path. Its base, and the experiments
// of its inputs, are names of the tree, or paths that end in .textproto, relative to the file's folder. It
// may stand on two more files outside the tree, and on three in it.
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
#include "experiments/config/text_proto.h"
#include "experiments/config/validate.h"
#include "experiments/experiment.pb.h"

namespace mrsn::experiments {

struct ResolvedExperiment {
  std::string name;       // in the tree; of a file outside it, the file's name without .textproto
  std::string source;     // what LoadExperiment was asked for: the name, or the file's path
  Experiment experiment;  // without base and clear; train and eval defaults filled in
  std::string text;       // of `experiment`, deterministic: what goldens and runs store
  // SHA-256 of `text` without description, expected, places of files and how it is computed (computation.h):
  // results of one fingerprint may stand in one row of a table.
  std::string fingerprint;
  // The same with the precision, for whoever reuses weights, banks or scores. Equals `fingerprint` for
  // float32.
  std::string exact_fingerprint;
  std::string path;      // of the experiment's own file
  FieldPlaces places;    // file:line:column of every field that a file sets
  bool changed = false;  // by the override, in more than the places of files below the data root
};

// Reads <root>/<name>.textproto, or the file outside the tree that `name` is the absolute path of.
// `override_text`, in text format, is one more layer on top, for debugging;
// its clear paths work, its base must be empty. Errors name the file, line and field: unknown experiment
// (with the nearest names), unknown field, wrong type, bad clear path, cyclic or too deep bases, values out
// of range.
absl::StatusOr<ResolvedExperiment> LoadExperiment(const std::string& root, const std::string& name,
                                                  absl::string_view override_text = "");

// Names of all experiments under `root`, sorted. Files of base/ are not experiments.
absl::StatusOr<std::vector<std::string>> ListExperiments(const std::string& root);

// Puts file, line and column before an error whose message begins with a field's
// path, as those of the builders of model and data do: "model.mrsn.heads: 3; .."
// becomes "configs/micro/acre.textproto:5:16: model.mrsn.heads: 3; ..". `builders_root`
// is what the builder calls the message at `path`: ("dataset", "train_data").
absl::Status AtItsPlace(const ResolvedExperiment& resolved, const absl::Status& status,
                        absl::string_view builders_root = "model", absl::string_view path = "model");

// The golden of a resolved experiment: a header and its text.
std::string GoldenText(const ResolvedExperiment& resolved);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_CONFIG_CONFIG_H_

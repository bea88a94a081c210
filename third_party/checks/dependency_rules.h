// Who may depend on whom, as a check over edges between build labels.
//
//   ablations -> experiments -> {mrsn, datasets, eval} -> ops -> third_party
//
// An arrow may be skipped, never turned round; mrsn, datasets and eval never see each
// other. Nothing but eval/complexity links eval or ops/base to LibTorch. Inside experiments, engine
// sees no other folder.
#ifndef MRSN_THIRD_PARTY_CHECKS_DEPENDENCY_RULES_H_
#define MRSN_THIRD_PARTY_CHECKS_DEPENDENCY_RULES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mrsn::checks {

// `from` depends on `to`; both labels, "//eval:matching" or "@libtorch//:headers".
struct Edge {
  std::string from, to;
  std::string where;  // "eval/BUILD:12", or "" if it is not known
};

// The labels a BUILD file names, each as an edge from its package ("//eval:BUILD").
// Not the labels of load(), visibility and comments. `package` is "eval" or "".
std::vector<Edge> EdgesOfBuildFile(absl::string_view package, absl::string_view text);

// The edges of Bazel's --output=graph with --nograph:factored.
std::vector<Edge> EdgesOfGraph(absl::string_view graph);

// One line for each edge that breaks a rule, in the order given; each once.
std::vector<std::string> Offences(const std::vector<Edge>& edges);

}  // namespace mrsn::checks

#endif  // MRSN_THIRD_PARTY_CHECKS_DEPENDENCY_RULES_H_

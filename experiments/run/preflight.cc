#include "experiments/run/preflight.h"

#include "absl/strings/str_cat.h"

namespace mrsn::experiments {

std::string PreflightText(const OpenedRuns& opened, const absl::StatusOr<CostEstimate>& cost) {
  const ResolvedExperiment& resolved = *opened.asked->node->resolved;
  std::string text = absl::StrCat("Experiment ", resolved.name, ", config fingerprint ", resolved.fingerprint,
                                  "\n\n", resolved.text, "\nInputs\n");
  for (const Need& need : opened.needs) {
    absl::StrAppend(&text, need.state.ok() ? "  there    " : "  MISSING  ", need.what, ": ",
                    need.state.ok() ? need.found : std::string(need.state.message()), "\n");
  }
  absl::StrAppend(&text, "\nEstimate\n");
  if (!cost.ok()) return absl::StrCat(text, "  none: ", cost.status().message(), "\n");
  return absl::StrCat(text, CostText(*cost));
}

}  // namespace mrsn::experiments

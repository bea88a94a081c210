// ablations/RESULTS.md, rendered from the recorded results of the sweeps; no LibTorch.
#ifndef MRSN_ABLATIONS_RESULTS_PAGE_H_
#define MRSN_ABLATIONS_RESULTS_PAGE_H_

#include <string>

#include "absl/status/statusor.h"

namespace mrsn::ablations {

// The page of the workspace `root`: a section for each sweep ablations/*.textproto with a file of results,
// and a line of those without one. A section has a row for each label (SweepPoint) with the scores,
// parameters and multiply-adds of its results that are of its present configuration; below it stand
// core-hours and origin. Errors name the file.
absl::StatusOr<std::string> RenderResultsPage(const std::string& root);

}  // namespace mrsn::ablations

#endif  // MRSN_ABLATIONS_RESULTS_PAGE_H_

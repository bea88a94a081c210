// Writes counts as tables and as JSON.
#ifndef MRSN_EXPERIMENTS_COUNTS_COMPLEXITY_REPORT_H_
#define MRSN_EXPERIMENTS_COUNTS_COMPLEXITY_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/counts/complexity.h"
#include "experiments/tables/grid.h"

namespace mrsn::experiments {

// Totals and modules down to `depth` names ("head.mrse0.acre" is 3); with the curve over
// the number of boxes, if asked for.
TableView ViewComplexity(const ComplexityReport& report, int depth, bool with_curve);

// The heads side by side, rounded: parameters and multiply-adds of 1, 3, 5 and 10 boxes at
// the settings' bank size, an MRSN head in a row as executed and one by its equations.
// With `relative_to`, each number is followed by its ratio to that experiment's executed
// one; NotFound if it is none of the reports'. InvalidArgument for a detector that takes no boxes.
absl::StatusOr<TableView> CompareHeads(const std::vector<ComplexityReport>& reports,
                                       const std::string& relative_to);

// {"experiment": "micro/acre",
//  "setting": {"frames", "fast_frames", "height", "width", "boxes", "bank_entries"},
//                                                                   boxes: null if the model takes none
//  "params": {"total", "backbone", "head"}, "macs": {"total", "backbone", "head"},
//  "plain_equations": {"head_params", "head_macs"},                 MRSN heads only
//  "per_module": {"head.mrse0": {"params", "macs"}, ..},            each with all inside it
//  "uncounted": ["aten::relu", ..],
//  "curve": [{"boxes", "bank_entries", "head_macs", "total_macs", "plain_head_macs"}, ..],
//  "activation_bytes": {"made", "peak", "training"}}
// One report is that object; several are an array of them.
std::string ComplexityJson(const std::vector<ComplexityReport>& reports, int depth);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_COUNTS_COMPLEXITY_REPORT_H_

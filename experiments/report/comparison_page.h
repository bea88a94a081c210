// A comparison of results as a page: HTML, Markdown for a pull request, JSON.
#ifndef MRSN_EXPERIMENTS_REPORT_COMPARISON_PAGE_H_
#define MRSN_EXPERIMENTS_REPORT_COMPARISON_PAGE_H_

#include <string>

#include "experiments/report/comparison.h"
#include "experiments/report/document.h"

namespace mrsn::experiments {

// Frame-mAP of every result with its difference from the baseline, differences by class, the largest losses
// first, and the origin of every result. Numbers in percent. `made_by` is the last line.
Document ComparisonPage(const ResultComparison& comparison, const std::string& made_by);

// {"baseline": name, "results": [{"name": .., "path": .., eval::ToJson's fields}]}.
std::string ComparisonJson(const ResultComparison& comparison);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_COMPARISON_PAGE_H_

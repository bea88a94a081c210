// The warnings of the readers of rows as findings.
#ifndef MRSN_DATASETS_CHECK_ROW_WARNINGS_H_
#define MRSN_DATASETS_CHECK_ROW_WARNINGS_H_

#include <string>
#include <vector>

#include "datasets/check/report.h"
#include "ops/formats/lines.h"

namespace mrsn::datasets {

// Adds a finding for each warning of the file `path`. Data sets read strictly: a fault that they refuse is an
// error.
void AddRowWarnings(const std::string& path, const std::vector<formats::Warning>& warnings,
                    CheckReport* report);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CHECK_ROW_WARNINGS_H_

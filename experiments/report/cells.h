// Numbers as cells of tables.
#ifndef MRSN_EXPERIMENTS_REPORT_CELLS_H_
#define MRSN_EXPERIMENTS_REPORT_CELLS_H_

#include <optional>
#include <string>

#include "experiments/report/document.h"
#include "experiments/tables/statistics.h"

namespace mrsn::experiments {

Cell Text(std::string text);
Cell Sentence(std::string text);
Cell Code(std::string text);

// A value of the paper, in percent; empty without a value.
Cell PaperValue(std::optional<double> value, int decimals);
Cell PaperGain(std::optional<double> gain, int decimals);

// A value measured on the runs `runs`; "not run" without one.
Cell MeasuredValue(const std::optional<Estimate>& value, int decimals, const std::string& runs);
// With its sign; empty without one.
Cell MeasuredGain(const std::optional<Estimate>& gain, int decimals, const std::string& runs);
// "31.94 to 33.50", the 95 % interval; empty for one seed.
Cell MeasuredInterval(const std::optional<Estimate>& value, int decimals, const std::string& runs,
                      bool with_sign = false);
// A measured number that is written already.
Cell Measured(std::string text, const std::string& runs);

// Three digits, or the whole number: 0.0123, 12.4, 345.
std::string ShortNumber(double value);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_CELLS_H_

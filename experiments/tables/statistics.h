// Means over seeds and their standard errors.
#ifndef MRSN_EXPERIMENTS_TABLES_STATISTICS_H_
#define MRSN_EXPERIMENTS_TABLES_STATISTICS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace mrsn::experiments {

// One measured value a seed.
using BySeed = std::map<uint64_t, double>;

struct Estimate {
  double mean = 0;
  // s / sqrt(n) with s^2 = sum (x - mean)^2 / (n - 1); none for one value.
  std::optional<double> standard_error;
  int n = 0;
};

// No value for no values.
std::optional<Estimate> MeanOf(const std::vector<double>& values);
std::optional<Estimate> MeanOf(const BySeed& values);

// Mean of `row` minus mean of `reference`. With the same seeds in both, the error is
// that of the paired differences (one seed gives both rows the same data order and
// initial backbone); otherwise the means are independent: sqrt(se1^2 + se2^2).
std::optional<Estimate> GainOf(const BySeed& row, const BySeed& reference);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_STATISTICS_H_

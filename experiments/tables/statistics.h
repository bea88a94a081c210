// Means over seeds and their standard errors.
#ifndef MRSN_EXPERIMENTS_TABLES_STATISTICS_H_
#define MRSN_EXPERIMENTS_TABLES_STATISTICS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
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

// The value that a Student variable with `degrees` >= 1 degrees of freedom stays below with probability
// 0.975. 12.71 for 1, 2.78 for 4, 1.96 for many.
double StudentQuantile975(int degrees);

// The 95 % interval of the mean: mean -+ StudentQuantile975(n - 1) * standard_error. None for one value.
std::optional<std::pair<double, double>> Interval95(const Estimate& estimate);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_TABLES_STATISTICS_H_

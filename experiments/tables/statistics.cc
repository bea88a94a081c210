#include "experiments/tables/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mrsn::experiments {

std::optional<Estimate> MeanOf(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  Estimate estimate;
  estimate.n = static_cast<int>(values.size());
  estimate.mean = std::accumulate(values.begin(), values.end(), 0.0) / estimate.n;
  if (estimate.n > 1) {
    double squares = 0;
    for (double value : values) squares += (value - estimate.mean) * (value - estimate.mean);
    estimate.standard_error = std::sqrt(squares / (estimate.n - 1) / estimate.n);
  }
  return estimate;
}

std::optional<Estimate> MeanOf(const BySeed& values) {
  std::vector<double> list;
  for (const auto& [seed, value] : values) list.push_back(value);
  return MeanOf(list);
}

std::optional<Estimate> GainOf(const BySeed& row, const BySeed& reference) {
  if (row.empty() || reference.empty()) return std::nullopt;
  std::vector<double> differences;
  for (const auto& [seed, value] : row) {
    const auto other = reference.find(seed);
    if (other != reference.end()) differences.push_back(value - other->second);
  }
  if (differences.size() == row.size() && row.size() == reference.size()) return MeanOf(differences);
  const Estimate ours = *MeanOf(row), theirs = *MeanOf(reference);
  Estimate gain;
  gain.mean = ours.mean - theirs.mean;
  gain.n = std::min(ours.n, theirs.n);
  if (ours.standard_error.has_value() && theirs.standard_error.has_value()) {
    gain.standard_error = std::hypot(*ours.standard_error, *theirs.standard_error);
  }
  return gain;
}

}  // namespace mrsn::experiments

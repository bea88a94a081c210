#include "experiments/tables/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mrsn::experiments {
namespace {

// P(|T| < t) of a Student variable T: Abramowitz and Stegun, 26.7.3 and 26.7.4, a finite sum over the powers
// of cos(theta), theta = atan(t / sqrt(degrees)).
double StudentWithin(double t, int degrees) {
  const double theta = std::atan(t / std::sqrt(degrees));
  const double sine = std::sin(theta), cosine = std::cos(theta);
  const bool odd = degrees % 2 == 1;
  double term = odd ? cosine : 1, sum = 0;
  for (int k = odd ? 1 : 0; k <= degrees - 2; k += 2) {
    sum += term;
    term *= cosine * cosine * (k + 1) / (k + 2);
  }
  return odd ? (theta + sine * sum) * 2 / std::acos(-1.0) : sine * sum;
}

}  // namespace

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

double StudentQuantile975(int degrees) {
  double low = 1, high = 13;  // the quantile falls from 12.71 to 1.96
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (StudentWithin(middle, degrees) < 0.95 ? low : high) = middle;
  }
  return (low + high) / 2;
}

std::optional<std::pair<double, double>> Interval95(const Estimate& estimate) {
  if (!estimate.standard_error.has_value()) return std::nullopt;
  const double reach = StudentQuantile975(estimate.n - 1) * *estimate.standard_error;
  return std::pair(estimate.mean - reach, estimate.mean + reach);
}

}  // namespace mrsn::experiments

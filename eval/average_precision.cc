#include "eval/average_precision.h"

#include <algorithm>

namespace mrsn::eval {
namespace {

// One step of the curve: `hits` true positives more, `count` detections so far.
struct Step {
  int64_t hits, true_positives;
  double precision;
};

// Both interpolated kinds need the curve at true positives only: precision
// falls everywhere else, so that the maximum to the right is found at one.
double Interpolated(ApKind kind, const std::vector<Step>& steps, int64_t num_gt) {
  const double total = static_cast<double>(num_gt);
  thread_local std::vector<double> envelope;  // reused: the bootstrap calls this 10^5 times
  envelope.resize(steps.size());
  double best = 0;
  for (size_t i = steps.size(); i-- > 0;) envelope[i] = best = std::max(best, steps[i].precision);

  double sum = 0;
  if (kind == ApKind::kEveryPoint) {
    for (size_t i = 0; i < steps.size(); ++i) {
      const int64_t now = steps[i].true_positives;
      sum += (now / total - (now - steps[i].hits) / total) * envelope[i];
    }
    return sum;
  }
  size_t at = 0;
  for (int i = 0; i <= 10; ++i) {
    while (at < steps.size() && steps[at].true_positives / total < i * 0.1) ++at;
    if (at < steps.size()) sum += envelope[at];
  }
  return sum / 11;
}

// A detection counted `weight` times adds that many points to the raw curve.
template <typename Weight>
double Trapezoid(absl::Span<const uint8_t> hits, Weight weight, int64_t num_gt) {
  thread_local std::vector<float> areas;
  areas.clear();
  areas.reserve(hits.size());
  float precision = 1, recall = 0;
  int64_t true_positives = 0, count = 0;
  for (size_t i = 0; i < hits.size(); ++i) {
    for (int64_t copies = weight(i); copies > 0; --copies) {
      true_positives += hits[i] != 0;
      ++count;
      const float next_precision = static_cast<float>(static_cast<double>(true_positives) / count);
      const float next_recall = static_cast<float>(static_cast<double>(true_positives) / num_gt);
      areas.push_back((next_recall - recall) * (next_precision + precision) * 0.5f);
      precision = next_precision;
      recall = next_recall;
    }
  }
  return NumpySum(areas);
}

template <typename Weight>
std::optional<double> Average(ApKind kind, absl::Span<const uint8_t> hits, Weight weight, int64_t num_gt) {
  if (num_gt <= 0) {
    int64_t count = 0;
    for (size_t i = 0; i < hits.size(); ++i) count += weight(i);
    if (kind == ApKind::kTrapezoid && count == 0) return 0.0;
    return std::nullopt;
  }
  if (kind == ApKind::kTrapezoid) return Trapezoid(hits, weight, num_gt);
  thread_local std::vector<Step> steps;
  steps.clear();
  int64_t true_positives = 0, count = 0;
  for (size_t i = 0; i < hits.size(); ++i) {
    const int64_t copies = weight(i);
    count += copies;
    if (hits[i] == 0 || copies == 0) continue;
    true_positives += copies;
    steps.push_back({copies, true_positives, static_cast<double>(true_positives) / count});
  }
  return Interpolated(kind, steps, num_gt);
}

}  // namespace

std::optional<double> AveragePrecision(ApKind kind, absl::Span<const uint8_t> hits, int64_t num_gt) {
  return Average(
      kind, hits, [](size_t) -> int64_t { return 1; }, num_gt);
}

std::optional<double> WeightedAveragePrecision(ApKind kind, absl::Span<const uint8_t> hits,
                                               absl::Span<const int32_t> group,
                                               absl::Span<const uint16_t> weight, int64_t num_gt) {
  return Average(
      kind, hits, [&](size_t i) -> int64_t { return weight[group[i]]; }, num_gt);
}

float NumpySum(absl::Span<const float> values) {
  const size_t n = values.size();
  if (n < 8) {
    float sum = 0;
    for (float value : values) sum += value;
    return sum;
  }
  if (n > 128) {
    size_t half = n / 2;
    half -= half % 8;
    return NumpySum(values.first(half)) + NumpySum(values.subspan(half));
  }
  float part[8];
  std::copy_n(values.begin(), 8, part);
  size_t i = 8;
  for (; i + 8 <= n; i += 8) {
    for (int lane = 0; lane < 8; ++lane) part[lane] += values[i + lane];
  }
  float sum = ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
  for (; i < n; ++i) sum += values[i];
  return sum;
}

float NumpyMean(absl::Span<const float> values) {
  return NumpySum(values) / static_cast<float>(values.size());
}

}  // namespace mrsn::eval

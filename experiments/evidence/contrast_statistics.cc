#include "experiments/evidence/contrast_statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "eval/analysis/bootstrap.h"
#include "ops/base/random.h"

namespace mrsn::experiments {
namespace {

constexpr double kSignificance = 0.05;
// Normal quantiles of 97.5 % and 80 %.
constexpr double kTwoSided = 1.959964, kPower = 0.841621;

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The difference in one draw; NaN if it is undefined in a drawn pair.
double DrawnDifference(const std::vector<std::vector<Pair>>& worlds, uint64_t seed, size_t draw) {
  double sum = 0;
  for (size_t w = 0; w < worlds.size(); ++w) {
    SplitMix64 random(HashSeed(seed, draw, w));
    const auto n = static_cast<int64_t>(worlds[w].size());
    double of_world = 0;
    for (int64_t i = 0; i < n; ++i) {
      const Pair& pair = worlds[w][random.Below(n)];
      of_world += pair.setting->draws[draw] - pair.baseline->draws[draw];
    }
    sum += of_world / static_cast<double>(n);
  }
  return sum / static_cast<double>(worlds.size());
}

}  // namespace

std::optional<ContrastEstimate> EstimateContrast(const std::vector<std::vector<Pair>>& worlds,
                                                 uint64_t seed) {
  ContrastEstimate estimate;
  double squares = 0;
  int degrees = 0;
  for (const std::vector<Pair>& pairs : worlds) {
    std::vector<double> differences;
    for (const Pair& pair : pairs) differences.push_back(pair.setting->value - pair.baseline->value);
    const double mean = Mean(differences);
    for (const double difference : differences) squares += (difference - mean) * (difference - mean);
    degrees += static_cast<int>(pairs.size()) - 1;
    estimate.pairs += static_cast<int>(pairs.size());
    estimate.world_means.push_back(mean);
  }
  estimate.difference = Mean(estimate.world_means);
  if (degrees > 0) estimate.spread = std::sqrt(squares / degrees);

  std::vector<std::optional<double>> drawn;
  int not_above = 0, not_below = 0;
  const size_t draws = worlds.front().front().setting->draws.size();
  for (size_t s = 0; s < draws; ++s) {
    const double difference = DrawnDifference(worlds, seed, s);
    if (std::isnan(difference)) continue;
    drawn.emplace_back(difference);
    not_above += difference <= 0;
    not_below += difference >= 0;
  }
  const auto interval = eval::ConfidenceInterval95(drawn);
  if (!interval.has_value() || std::isnan(estimate.difference)) return std::nullopt;
  estimate.interval = *interval;
  estimate.used_draws = static_cast<int>(drawn.size());
  // The observed value is counted as a draw, so that p is never 0 (Davison and Hinkley 1997, Sec. 4.2).
  estimate.p_value = std::min(1.0, 2.0 * (std::min(not_above, not_below) + 1) / (estimate.used_draws + 1));
  return estimate;
}

Answer AnswerOf(const ContrastEstimate& estimate, double margin) {
  const auto all = [&](auto has_sign) {
    return std::all_of(estimate.world_means.begin(), estimate.world_means.end(), has_sign);
  };
  const auto [low, high] = estimate.interval;
  if (low > 0 && all([](double mean) { return mean > 0; })) return Answer::kYes;
  if (high < 0 && all([](double mean) { return mean < 0; })) return Answer::kWorse;
  return low >= -margin && high <= margin ? Answer::kNoEffect : Answer::kNotDecided;
}

std::string AnswerText(Answer answer) {
  switch (answer) {
    case Answer::kYes:
      return "yes";
    case Answer::kWorse:
      return "worse";
    case Answer::kNoEffect:
      return "no effect";
    case Answer::kNotDecided:
      break;
  }
  return "not decided";
}

int PairsNeeded(double spread, double margin, int worlds) {
  const double ratio = (kTwoSided + kPower) * spread / margin;
  const double in_each = std::ceil(ratio * ratio / worlds);
  return std::max(1, static_cast<int>(in_each)) * worlds;
}

std::vector<double> HolmAdjusted(const std::vector<std::optional<double>>& p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), 0);
  const auto p = [&](size_t i) { return p_values[i].value_or(1); };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p(a) < p(b); });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, static_cast<double>(order.size() - rank) * p(order[rank]));
    adjusted[order[rank]] = std::min(1.0, largest);
  }
  return adjusted;
}

Answer AfterHolm(Answer answer, double adjusted_p) {
  if (answer != Answer::kYes && answer != Answer::kWorse) return answer;
  return adjusted_p < kSignificance ? answer : Answer::kNotDecided;
}

}  // namespace mrsn::experiments

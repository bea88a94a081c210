// The statistics of experiments/EVIDENCE.md: paired differences in several worlds, their interval by a
// hierarchical bootstrap, and the answer. Plain numbers; all values in percent.
#ifndef MRSN_EXPERIMENTS_EVIDENCE_CONTRAST_STATISTICS_H_
#define MRSN_EXPERIMENTS_EVIDENCE_CONTRAST_STATISTICS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mrsn::experiments {

// A value of one run: on all rooms, and in each draw of rooms. A draw is NaN if no class of the kind was
// drawn.
struct DrawnValue {
  double value = 0;
  std::vector<double> draws;
};

// One run of the setting and one of the baseline, with the same seed. The draws of both, and of all pairs of
// a world, are of the same rooms.
struct Pair {
  const DrawnValue* setting;
  const DrawnValue* baseline;
};

struct ContrastEstimate {
  double difference = 0;               // the mean of the worlds' means
  std::pair<double, double> interval;  // 95 %
  std::vector<double> world_means;
  double p_value = 1;  // two-sided, of "no difference": twice the smaller share of draws beyond 0
  // Standard deviation of a pair's difference around the mean of its world. None where each world has one
  // pair.
  std::optional<double> spread;
  int pairs = 0;       // of all worlds
  int used_draws = 0;  // those that are defined
};

// In draw s each world draws as many of its pairs as it has, with replacement, from the stream
// SplitMix64(HashSeed(seed, s, world)); rooms were drawn before. The difference of draw s is the mean over
// worlds of the mean over the drawn pairs. The interval holds the middle 95 % (percentiles, linear between
// draws). Worlds themselves are not drawn. At least one world, and in each one pair or more; all have the
// same number of draws. No value if no draw is defined.
std::optional<ContrastEstimate> EstimateContrast(const std::vector<std::vector<Pair>>& worlds, uint64_t seed);

enum class Answer { kYes, kWorse, kNoEffect, kNotDecided };

// kYes or kWorse: the interval does not contain 0, and all worlds' means have its sign. kNoEffect: the
// interval lies within -margin..margin.
Answer AnswerOf(const ContrastEstimate& estimate, double margin);
std::string AnswerText(Answer answer);

// The pairs, a multiple of `worlds`, with which a difference of `margin` is found with a power of 80 % at 5
// %:
// ((1.960 + 0.842) spread / margin)^2, rounded up.
int PairsNeeded(double spread, double margin, int worlds);

// Holm's step-down correction, in the order of `p_values`. A contrast without a value counts as one with p
// = 1.
std::vector<double> HolmAdjusted(const std::vector<std::optional<double>>& p_values);

// The answer at 5 % after Holm's correction: a kYes or kWorse whose adjusted p is 0.05 or more is not
// decided.
Answer AfterHolm(Answer answer, double adjusted_p);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_EVIDENCE_CONTRAST_STATISTICS_H_

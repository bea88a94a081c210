#include "experiments/evidence/contrast_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>

namespace mrsn::experiments {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pointwise;

constexpr int kDraws = 4000;

// Pairs whose baseline is 0 in all rooms and whose setting is the same in every draw of rooms.
class SteadyPairs {
 public:
  std::vector<Pair> World(const std::vector<double>& differences) {
    std::vector<Pair> pairs;
    for (const double difference : differences) {
      values_.push_back({difference, std::vector<double>(kDraws, difference)});
      pairs.push_back({&values_.back(), &zero_});
    }
    return pairs;
  }

 private:
  std::deque<DrawnValue> values_;
  const DrawnValue zero_ = {0, std::vector<double>(kDraws, 0)};
};

TEST(ContrastStatisticsTest, TheMeanIsOfTheWorldsMeans) {
  SteadyPairs pairs;
  // The world with one pair weighs as much as the world with three.
  const auto estimate = EstimateContrast({pairs.World({3}), pairs.World({1, 1, 1})}, 1);
  ASSERT_TRUE(estimate.has_value());
  EXPECT_EQ(estimate->difference, 2);
  EXPECT_THAT(estimate->world_means, ElementsAre(3, 1));
  EXPECT_EQ(estimate->interval, std::make_pair(2.0, 2.0));
  EXPECT_EQ(estimate->pairs, 4);
  EXPECT_EQ(estimate->used_draws, kDraws);
  EXPECT_EQ(*estimate->spread, 0);
  EXPECT_NEAR(estimate->p_value, 2.0 / (kDraws + 1), 1e-12);
}

TEST(ContrastStatisticsTest, PairsAreDrawnWithinTheirWorld) {
  SteadyPairs pairs;
  const auto estimate = EstimateContrast({pairs.World({0, 2}), pairs.World({0, 2}), pairs.World({0, 2})}, 1);
  ASSERT_TRUE(estimate.has_value());
  EXPECT_EQ(estimate->difference, 1);
  // Six drawn pairs, each 0 or 2: the difference is a sixth of twice a binomial number of 6 draws of 1/2.
  // With probabilities 1/64 (0), 6/64 (1/3), .. the 2.5 % quantile is 1/3 and the 97.5 % quantile 5/3.
  EXPECT_NEAR(estimate->interval.first, 1.0 / 3, 1e-12);
  EXPECT_NEAR(estimate->interval.second, 5.0 / 3, 1e-12);
  // Twice 1/64; four standard deviations of a share of 4000 draws are 0.0078.
  EXPECT_NEAR(estimate->p_value, 2.0 / 64, 0.017);
  // In each world two values, each 1 from their mean, and one degree of freedom: variance 2.
  EXPECT_NEAR(*estimate->spread, std::sqrt(2.0), 1e-12);
  EXPECT_EQ(EstimateContrast({pairs.World({0, 2})}, 1)->interval, std::make_pair(0.0, 2.0));
}

TEST(ContrastStatisticsTest, RoomsEnterByTheDrawsOfBothSides) {
  DrawnValue setting{5, {}}, baseline{4, {}};
  for (int s = 0; s < 101; ++s) {
    setting.draws.push_back(2.0 * s);
    baseline.draws.push_back(s);
  }
  setting.draws.push_back(NAN);
  baseline.draws.push_back(NAN);
  const auto estimate = EstimateContrast({std::vector<Pair>{{&setting, &baseline}}}, 1);
  ASSERT_TRUE(estimate.has_value());
  EXPECT_EQ(estimate->difference, 1);
  EXPECT_NEAR(estimate->interval.first, 2.5, 1e-12);  // of 0, 1, .., 100
  EXPECT_NEAR(estimate->interval.second, 97.5, 1e-12);
  EXPECT_EQ(estimate->used_draws, 101);
  EXPECT_FALSE(estimate->spread.has_value());
  EXPECT_NEAR(estimate->p_value, 2.0 * (1 + 1) / 102, 1e-12) << "one draw of 101 is not above 0";
}

ContrastEstimate Estimated(double low, double high, std::vector<double> worlds) {
  ContrastEstimate estimate;
  estimate.interval = {low, high};
  estimate.world_means = std::move(worlds);
  return estimate;
}

TEST(ContrastStatisticsTest, AnswersByTheRule) {
  EXPECT_EQ(AnswerOf(Estimated(0.1, 0.9, {0.4, 0.6, 0.5}), 0.3), Answer::kYes);
  EXPECT_EQ(AnswerOf(Estimated(0.1, 0.9, {0.4, -0.1, 0.9}), 0.3), Answer::kNotDecided)
      << "a world has the other sign";
  EXPECT_EQ(AnswerOf(Estimated(-0.9, -0.1, {-0.4, -0.6, -0.5}), 0.3), Answer::kWorse);
  EXPECT_EQ(AnswerOf(Estimated(-0.2, 0.3, {0.1, 0, 0.1}), 0.3), Answer::kNoEffect);
  EXPECT_EQ(AnswerOf(Estimated(-0.2, 0.31, {0.1, 0, 0.1}), 0.3), Answer::kNotDecided);
  EXPECT_EQ(AnswerOf(Estimated(-0.2, 0.31, {0.1, 0, 0.1}), 0.5), Answer::kNoEffect);
  EXPECT_EQ(AnswerText(Answer::kNotDecided), "not decided");
}

TEST(ContrastStatisticsTest, PairsAskedForAreThoseOfThePage) {
  // EVIDENCE.md: with a standard deviation of 0.43 points 15 pairs find 0.31 points with a power of 80 %.
  EXPECT_EQ(PairsNeeded(0.43, 0.3115, 3), 15);
  // (2.8016 * 1.4142 / 0.3)^2 = 174.4, and the next multiple of 3.
  EXPECT_EQ(PairsNeeded(std::sqrt(2.0), 0.3, 3), 177);
  EXPECT_EQ(PairsNeeded(0, 0.3, 3), 3);
}

TEST(ContrastStatisticsTest, HolmsCorrection) {
  // Sorted 0.005 x 4 = 0.02, 0.01 x 3 = 0.03, 0.03 x 2 = 0.06, 0.04 x 1 = 0.04, which is raised to 0.06.
  EXPECT_THAT(HolmAdjusted({0.01, 0.04, 0.03, 0.005}),
              Pointwise(DoubleNear(1e-12), {0.03, 0.06, 0.06, 0.02}));
  EXPECT_THAT(HolmAdjusted({0.01, std::nullopt}), Pointwise(DoubleNear(1e-12), {0.02, 1.0}))
      << "a contrast that was not run counts";
  EXPECT_EQ(AfterHolm(Answer::kYes, 0.049), Answer::kYes);
  EXPECT_EQ(AfterHolm(Answer::kWorse, 0.05), Answer::kNotDecided);
  EXPECT_EQ(AfterHolm(Answer::kNoEffect, 0.9), Answer::kNoEffect);
}

}  // namespace
}  // namespace mrsn::experiments

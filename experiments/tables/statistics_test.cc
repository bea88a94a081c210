#include "experiments/tables/statistics.h"

#include <gtest/gtest.h>

#include <map>

namespace mrsn::experiments {
namespace {

TEST(MeanOf, NothingOneAndMany) {
  EXPECT_FALSE(MeanOf(BySeed{}).has_value());
  const Estimate one = *MeanOf(BySeed{{3, 0.5}});
  EXPECT_EQ(one.mean, 0.5);
  EXPECT_EQ(one.n, 1);
  EXPECT_FALSE(one.standard_error.has_value());
  // 1, 2, 3, 4: mean 2.5, sum of squares 5, s^2 = 5/3, s.e. = sqrt(5/12).
  const Estimate four = *MeanOf(std::vector<double>{1, 2, 3, 4});
  EXPECT_DOUBLE_EQ(four.mean, 2.5);
  EXPECT_NEAR(*four.standard_error, 0.6454972243679028, 1e-15);
  EXPECT_EQ(four.n, 4);
}

TEST(GainOf, PairedWhenTheSeedsAreTheSame) {
  // Differences 1, 1, 1: no error at all, though each row varies a lot.
  const Estimate gain = *GainOf({{0, 11}, {1, 21}, {2, 31}}, {{0, 10}, {1, 20}, {2, 30}});
  EXPECT_DOUBLE_EQ(gain.mean, 1);
  EXPECT_DOUBLE_EQ(*gain.standard_error, 0);
  EXPECT_EQ(gain.n, 3);
}

TEST(GainOf, IndependentOtherwise) {
  // s.e. of {1, 3} is 1, of {0, 0, 3} is 1: together sqrt(2).
  const Estimate gain = *GainOf({{0, 1}, {1, 3}}, {{0, 0}, {1, 0}, {2, 3}});
  EXPECT_DOUBLE_EQ(gain.mean, 1);
  EXPECT_NEAR(*gain.standard_error, 1.4142135623730951, 1e-15);
  EXPECT_EQ(gain.n, 2);
  // The same number of seeds, but not the same ones.
  EXPECT_NEAR(*GainOf({{0, 1}, {1, 3}}, {{5, 0}, {6, 2}})->standard_error, 1.4142135623730951, 1e-15);
}

TEST(GainOf, NoErrorFromOneSeed) {
  EXPECT_FALSE(GainOf({{0, 2}}, {{0, 1}})->standard_error.has_value());
  EXPECT_FALSE(GainOf({{0, 2}, {1, 2}}, {{0, 1}})->standard_error.has_value());
  EXPECT_FALSE(GainOf({{0, 2}}, {}).has_value());
}

TEST(StudentQuantile975, PublishedTable) {
  // Abramowitz and Stegun, Table 26.10, column 0.95 of A(t|v).
  for (const auto& [degrees, quantile] : std::map<int, double>{
           {1, 12.706}, {2, 4.303}, {3, 3.182}, {4, 2.776}, {9, 2.262}, {30, 2.042}, {120, 1.980}}) {
    EXPECT_NEAR(StudentQuantile975(degrees), quantile, 5e-4) << degrees;
  }
  EXPECT_NEAR(StudentQuantile975(100000), 1.95996, 1e-4);
}

TEST(Interval95, OfTheMean) {
  // Mean 2.5, s.e. 0.6455, three degrees of freedom.
  const auto interval = Interval95(*MeanOf(std::vector<double>{1, 2, 3, 4}));
  ASSERT_TRUE(interval.has_value());
  EXPECT_NEAR(interval->first, 0.4457, 1e-4);
  EXPECT_NEAR(interval->second, 4.5543, 1e-4);
  EXPECT_FALSE(Interval95(*MeanOf(BySeed{{3, 0.5}})).has_value());
}

}  // namespace
}  // namespace mrsn::experiments

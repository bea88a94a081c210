#include "mrsn/baselines/anchors/matching.h"

#include <algorithm>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::baselines {
namespace {

using ::testing::ElementsAre;

std::vector<Box> RandomBoxes(int count, std::mt19937& random) {
  std::uniform_real_distribution<float> corner(0, 0.6f), side(0.1f, 0.4f);
  std::vector<Box> boxes;
  for (int i = 0; i < count; ++i) {
    const float x = corner(random), y = corner(random);
    boxes.push_back({x, y, x + side(random), y + side(random)});
  }
  return boxes;
}

TEST(MatchingTest, MeanOverlapIsTheMeanOverFrames) {
  // Halves side by side overlap by a third with the half between them.
  const std::vector<Box> a = {{0, 0, 0.5f, 1}, {0, 0, 0.5f, 1}, {0, 0, 0.5f, 1}};
  const std::vector<Box> b = {{0, 0, 0.5f, 1}, {0.25f, 0, 0.75f, 1}, {0.5f, 0, 1, 1}};
  EXPECT_NEAR(MeanOverlap(a, b), (1 + 1.0 / 3 + 0) / 3, 1e-6);
}

TEST(MatchingTest, MeanOverlapsEqualThePlainLoop) {
  std::mt19937 random(2);
  constexpr int kFrames = 4;
  const std::vector<Box> candidates = RandomBoxes(7 * kFrames, random),
                         truths = RandomBoxes(3 * kFrames, random);
  const Overlaps overlaps = MeanOverlaps(candidates, truths, kFrames);
  ASSERT_EQ(overlaps.candidates, 7);
  ASSERT_EQ(overlaps.truths, 3);
  for (int c = 0; c < 7; ++c) {
    for (int t = 0; t < 3; ++t) {
      double sum = 0;
      for (int f = 0; f < kFrames; ++f) {
        const Box &a = candidates[c * kFrames + f], &b = truths[t * kFrames + f];
        const double w = std::max(0.0, double{std::min(a.x2, b.x2)} - std::max(a.x1, b.x1));
        const double h = std::max(0.0, double{std::min(a.y2, b.y2)} - std::max(a.y1, b.y1));
        const double areas =
            (double{a.x2} - a.x1) * (double{a.y2} - a.y1) + (double{b.x2} - b.x1) * (double{b.y2} - b.y1);
        sum += w * h / (areas - w * h);
      }
      EXPECT_NEAR(overlaps.At(c, t), sum / kFrames, 1e-6);
    }
  }
}

TEST(MatchingTest, EveryTruthGetsACandidateBeforeTheThresholdCounts) {
  // Candidate 1 is the best of both truths; truth 0 overlaps it more, so truth 1 gets its
  // second best although that is below the threshold, and nobody else is matched.
  const Overlaps overlaps = {4,
                             2,
                             {0.3f, 0.1f,  //
                              0.9f, 0.8f,  //
                              0.2f, 0.4f,  //
                              0.49f, 0.0f}};
  EXPECT_THAT(Match(overlaps, 0.5f), ElementsAre(kUnmatched, 0, 1, kUnmatched));
  EXPECT_THAT(Match(overlaps, 0.49f), ElementsAre(kUnmatched, 0, 1, 0));
}

TEST(MatchingTest, WhatDoesNotOverlapIsNotMatched) {
  EXPECT_THAT(Match({2, 1, {0, 0}}, 0.5f), ElementsAre(kUnmatched, kUnmatched));
  EXPECT_THAT(Match({2, 0, {}}, 0.5f), ElementsAre(kUnmatched, kUnmatched));
  EXPECT_THAT(Match({0, 2, {}}, 0.5f), ElementsAre());
}

// The same by sorting all pairs.
TEST(MatchingTest, EqualsMatchingBySortedPairs) {
  std::mt19937 random(3);
  for (int trial = 0; trial < 50; ++trial) {
    constexpr int kFrames = 2;
    const Overlaps overlaps =
        MeanOverlaps(RandomBoxes(40 * kFrames, random), RandomBoxes(4 * kFrames, random), kFrames);
    std::vector<std::pair<float, int>> pairs;
    for (size_t i = 0; i < overlaps.values.size(); ++i) pairs.emplace_back(-overlaps.values[i], i);
    std::sort(pairs.begin(), pairs.end());
    std::vector<int> expected(40, kUnmatched);
    std::vector<bool> served(4, false);
    for (const auto& [negative, index] : pairs) {
      const int c = index / 4, t = index % 4;
      if (-negative <= 1e-6f || expected[c] != kUnmatched || served[t]) continue;
      expected[c] = t;
      served[t] = true;
    }
    for (const auto& [negative, index] : pairs) {
      if (-negative >= 0.3f && expected[index / 4] == kUnmatched) expected[index / 4] = index % 4;
    }
    EXPECT_EQ(Match(overlaps, 0.3f), expected);
  }
}

}  // namespace
}  // namespace mrsn::baselines

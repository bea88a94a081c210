#include "mrsn/baselines/anchors/nms.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mrsn/baselines/anchors/matching.h"

namespace mrsn::baselines {
namespace {

using ::testing::ElementsAre;

constexpr int kFrames = 3;

struct Tubelets {
  std::vector<Box> boxes;
  std::vector<float> scores;

  float Overlap(int a, int b) const {
    return MeanOverlap(absl::MakeConstSpan(boxes).subspan(a * kFrames, kFrames),
                       absl::MakeConstSpan(boxes).subspan(b * kFrames, kFrames));
  }
  std::vector<int> Kept(float threshold) const {
    return SuppressNonMaxima(
        scores, [this](int a, int b) { return Overlap(a, b); }, threshold);
  }
};

Tubelets RandomTubelets(int count, int seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> corner(0, 0.5f), side(0.3f, 0.5f), score(0, 1);
  Tubelets tubelets;
  for (int i = 0; i < count * kFrames; ++i) {
    const float x = corner(random), y = corner(random);
    tubelets.boxes.push_back({x, y, x + side(random), y + side(random)});
  }
  for (int i = 0; i < count; ++i) tubelets.scores.push_back(score(random));
  return tubelets;
}

TEST(NmsTest, KeepsTheBestOfWhatOverlaps) {
  const float overlaps[3][3] = {{1, 0.6f, 0.4f}, {0.6f, 1, 0.6f}, {0.4f, 0.6f, 1}};
  const auto overlap = [&](int a, int b) { return overlaps[a][b]; };
  EXPECT_THAT(SuppressNonMaxima({0.2f, 0.9f, 0.5f}, overlap, 0.5f), ElementsAre(1));
  EXPECT_THAT(SuppressNonMaxima({0.9f, 0.8f, 0.5f}, overlap, 0.5f), ElementsAre(0, 2));
  EXPECT_THAT(SuppressNonMaxima({0.9f, 0.8f, 0.5f}, overlap, 0.6f), ElementsAre(0, 1, 2));  // not above it
  EXPECT_THAT(SuppressNonMaxima({0.5f, 0.5f, 0.5f}, overlap, 0.5f),
              ElementsAre(0, 2));  // of equals the first
  EXPECT_THAT(SuppressNonMaxima({}, overlap, 0.5f), ElementsAre());
}

// By the definition: a tubelet is kept unless some kept one of a higher score overlaps it. Each
// is decided by all others, again and again until nothing changes.
TEST(NmsTest, EqualsThePlainLoop) {
  for (int seed = 0; seed < 20; ++seed) {
    const Tubelets tubelets = RandomTubelets(60, seed);
    std::vector<bool> keep(60, true);
    for (bool changed = true; changed;) {
      changed = false;
      for (int i = 0; i < 60; ++i) {
        bool now = true;
        for (int j = 0; j < 60; ++j) {
          if (tubelets.scores[j] > tubelets.scores[i] && keep[j] && tubelets.Overlap(i, j) > 0.3f)
            now = false;
        }
        changed |= now != keep[i];
        keep[i] = now;
      }
    }
    std::vector<int> kept = tubelets.Kept(0.3f);
    EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end(),
                               [&](int a, int b) { return tubelets.scores[a] > tubelets.scores[b]; }));
    std::sort(kept.begin(), kept.end());
    std::vector<int> expected;
    for (int i = 0; i < 60; ++i) {
      if (keep[i]) expected.push_back(i);
    }
    EXPECT_EQ(kept, expected);
    EXPECT_LT(kept.size(), 60);
  }
}

TEST(NmsTest, OrderDoesNotMatter) {
  const Tubelets tubelets = RandomTubelets(60, 100);
  std::vector<int> order(60);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(5));
  Tubelets shuffled;
  for (const int i : order) {
    shuffled.scores.push_back(tubelets.scores[i]);
    shuffled.boxes.insert(shuffled.boxes.end(), tubelets.boxes.begin() + i * kFrames,
                          tubelets.boxes.begin() + (i + 1) * kFrames);
  }
  std::vector<int> kept;
  for (const int i : shuffled.Kept(0.3f)) kept.push_back(order[i]);
  EXPECT_EQ(kept, tubelets.Kept(0.3f));
}

}  // namespace
}  // namespace mrsn::baselines

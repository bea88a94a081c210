#include "ops/base/random.h"

#include <algorithm>
#include <set>

#include "gtest/gtest.h"

namespace mrsn {
namespace {

// The first outputs of SplitMix64 for seed 1234567, as published with its reference
// implementation's test vectors.
TEST(RandomTest, GivesThePublishedNumbers) {
  SplitMix64 random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
  EXPECT_EQ(random.Next(), 9817491932198370423u);
}

TEST(RandomTest, BelowIsEvenAndInRange) {
  SplitMix64 random(5);
  int counts[7] = {};
  for (int i = 0; i < 70000; ++i) ++counts[random.Below(7)];
  for (int count : counts) EXPECT_NEAR(count, 10000, 400);  // 4 standard deviations are 370
}

TEST(RandomTest, PermutationHoldsEveryNumberOnceAndDependsOnTheSeed) {
  std::vector<int64_t> order = Permutation(100, 3);
  EXPECT_EQ(order, Permutation(100, 3));
  EXPECT_NE(order, Permutation(100, 4));
  std::sort(order.begin(), order.end());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
  EXPECT_TRUE(Permutation(0, 1).empty());
}

TEST(RandomTest, HashSeedMindsTheOrderOfItsParts) {
  std::set<uint64_t> seen;
  for (int a = 0; a < 20; ++a) {
    for (int b = 0; b < 20; ++b) seen.insert(HashSeed(a, b));
  }
  EXPECT_EQ(seen.size(), 400);
}

// A random-access use: trainer and bootstrap draw the n-th number of a stream without the ones before.
TEST(RandomTest, MixBitsIsOneStepOfTheGenerator) {
  SplitMix64 random(77);
  EXPECT_EQ(random.Next(), MixBits(77 + kSplitMix64Step));
  EXPECT_EQ(random.Next(), MixBits(77 + 2 * kSplitMix64Step));
}

}  // namespace
}  // namespace mrsn

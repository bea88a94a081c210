#include "datasets/clip_sampler.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// range(100 - 4, 100 + 4, 2).
TEST(ClipSamplerTest, OnePathwayIsCentredOnTheKeyFrame) {
  const ClipIndices clip = SampleClip(100, 1000, {/*frames=*/4, /*stride=*/2, /*fast_ratio=*/0});
  EXPECT_THAT(clip.source, ElementsAre(96, 98, 100, 102));
  EXPECT_THAT(clip.slow, ElementsAre(0, 1, 2, 3));
  EXPECT_FALSE(clip.has_fast);
}

TEST(ClipSamplerTest, ClampsAtBothEnds) {
  const ClipOptions options = {4, 2, 0};
  EXPECT_THAT(SampleClip(1, 1000, options).source, ElementsAre(0, 0, 1, 3));
  EXPECT_THAT(SampleClip(98, 100, options).source, ElementsAre(94, 96, 98, 99));
  EXPECT_THAT(SampleClip(500, 1, options).source, Each(0));
}

// torch.linspace(0, 31, 8).long(), as PySlowFast's pack_pathway_output computes it for
// NUM_FRAMES 32, ALPHA 4; the source is get_sequence(c, 64 // 2, 2, n).
TEST(ClipSamplerTest, SlowFramesOfTwoPathways) {
  const ClipIndices clip = SampleClip(60, 1000, {/*frames=*/8, /*stride=*/8, /*fast_ratio=*/4});
  ASSERT_EQ(clip.source.size(), 32);
  EXPECT_EQ(clip.source.front(), 28);
  EXPECT_EQ(clip.source[1], 30);
  EXPECT_EQ(clip.source.back(), 90);
  EXPECT_TRUE(clip.has_fast);
  EXPECT_THAT(clip.slow, ElementsAre(0, 4, 8, 13, 17, 22, 26, 31));
}

// UCF101-24: 32 continuous frames around the key frame.
TEST(ClipSamplerTest, ThirtyTwoContinuousFrames) {
  const ClipIndices clip = SampleClip(20, 240, {8, 4, 4});
  std::vector<int64_t> expected;
  for (int i = 4; i < 36; ++i) expected.push_back(i);
  EXPECT_THAT(clip.source, ElementsAreArray(expected));
}

TEST(ClipSamplerTest, OneFrame) {
  EXPECT_THAT(SampleClip(7, 100, {1, 1, 0}).source, ElementsAre(7));
  EXPECT_THAT(SampleClip(7, 100, {1, 2, 2}).slow, ElementsAre(0));
}

}  // namespace
}  // namespace mrsn::datasets

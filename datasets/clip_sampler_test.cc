#include "datasets/clip_sampler.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

ClipOptions Clip(int frames, int stride, int fast_ratio, SlowFrames slow_frames = SlowFrames::kLinspace) {
  return {frames, stride, fast_ratio, slow_frames};
}

// range(100 - 4, 100 + 4, 2).
TEST(ClipSamplerTest, OnePathwayIsCentredOnTheKeyFrame) {
  const ClipIndices clip = SampleClip(100, 1000, Clip(4, 2, 0));
  EXPECT_THAT(clip.slow, ElementsAre(96, 98, 100, 102));
  EXPECT_TRUE(clip.fast.empty());
}

TEST(ClipSamplerTest, ClampsAtBothEnds) {
  const ClipOptions options = Clip(4, 2, 0);
  EXPECT_THAT(SampleClip(1, 1000, options).slow, ElementsAre(0, 0, 1, 3));
  EXPECT_THAT(SampleClip(98, 100, options).slow, ElementsAre(94, 96, 98, 99));
  EXPECT_THAT(SampleClip(500, 1, options).slow, Each(0));
}

// torch.linspace(0, 31, 8).long(), as PySlowFast's pack_pathway_output computes it for
// NUM_FRAMES 32, ALPHA 4, is 0 4 8 13 17 22 26 31; the frames are get_sequence(c, 64 // 2, 2, n).
TEST(ClipSamplerTest, SlowFramesOfTwoPathways) {
  const ClipIndices clip = SampleClip(60, 1000, Clip(8, 8, 4));
  ASSERT_EQ(clip.fast.size(), 32);
  EXPECT_EQ(clip.fast.front(), 28);
  EXPECT_EQ(clip.fast[1], 30);
  EXPECT_EQ(clip.fast.back(), 90);
  EXPECT_THAT(clip.slow, ElementsAre(28, 36, 44, 54, 62, 72, 80, 90));
}

// The same clip as mmaction2 (every fourth fast frame) and AlphAction (TAU 8, ALPHA 4: slow
// frames start 3 into the clip, fast ones at 0) cut it.
TEST(ClipSamplerTest, SlowFramesOfOtherFrameworks) {
  const ClipIndices every = SampleClip(60, 1000, Clip(8, 8, 4, SlowFrames::kEveryAlpha));
  EXPECT_THAT(every.slow, ElementsAre(28, 36, 44, 52, 60, 68, 76, 84));
  EXPECT_EQ(every.fast, SampleClip(60, 1000, Clip(8, 8, 4)).fast);

  const ClipIndices mid = SampleClip(60, 1000, Clip(8, 8, 4, SlowFrames::kIntervalMid));
  EXPECT_THAT(mid.slow, ElementsAre(31, 39, 47, 55, 63, 71, 79, 87));
  EXPECT_EQ(mid.fast.front(), 28);
  EXPECT_EQ(mid.fast.back(), 90);
  // TAU 16, one pathway: 7 into each interval; ALPHA 4 then has fast frames 1 into theirs.
  EXPECT_THAT(SampleClip(60, 1000, Clip(4, 16, 0, SlowFrames::kIntervalMid)).slow,
              ElementsAre(35, 51, 67, 83));
  EXPECT_EQ(SampleClip(60, 1000, Clip(4, 16, 4, SlowFrames::kIntervalMid)).fast[1], 33);
}

// UCF101-24: 32 continuous frames around the key frame.
TEST(ClipSamplerTest, ThirtyTwoContinuousFrames) {
  const ClipIndices clip = SampleClip(20, 240, Clip(8, 4, 4));
  std::vector<int64_t> expected;
  for (int i = 4; i < 36; ++i) expected.push_back(i);
  EXPECT_THAT(clip.fast, ElementsAreArray(expected));
}

TEST(ClipSamplerTest, OneFrame) {
  EXPECT_THAT(SampleClip(7, 100, Clip(1, 1, 0)).slow, ElementsAre(7));
  EXPECT_THAT(SampleClip(7, 100, Clip(1, 2, 2)).slow, ElementsAre(6));
}

}  // namespace
}  // namespace mrsn::datasets

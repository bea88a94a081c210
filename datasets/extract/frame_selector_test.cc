#include "datasets/extract/frame_selector.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAreArray;

std::vector<int> Selected(FrameRule rule, double source_rate, int frames, double rate = 30) {
  FrameSelector selector(rule, rate, source_rate);
  std::vector<int> selected;
  for (int i = 0; i < frames; ++i) {
    const FrameSelector::Copies copies = selector.Add(i / source_rate);
    selected.insert(selected.end(), copies.previous, i - 1);
    selected.insert(selected.end(), copies.current, i);
  }
  selected.insert(selected.end(), selector.Finish(frames / source_rate), frames - 1);
  EXPECT_EQ(selector.written(), static_cast<int64_t>(selected.size()));
  return selected;
}

int64_t Rounded(int64_t frame, int64_t numerator, int64_t denominator) {  // frame * 30 / rate, exactly
  return (2 * frame * 30 * denominator + numerator) / (2 * numerator);
}

// `ffmpeg -i source.avi -r 30 %06d.png` (FFmpeg 5.1) on videos whose frames carry their numbers.
TEST(FrameSelector, AsFfmpegWithARate) {
  const auto expect = [](double rate, int frames, const std::vector<int>& numbers) {
    std::vector<int> selected = Selected(FrameRule::kFfmpegRate, rate, frames);
    ASSERT_GE(selected.size(), numbers.size());
    selected.resize(numbers.size());
    EXPECT_THAT(selected, ElementsAreArray(numbers)) << rate;
  };
  expect(60, 100, {0, 1, 2, 3, 5, 7, 9, 11, 13});
  expect(50, 100, {0, 1, 2, 3, 4, 5, 7, 9, 10, 12, 14, 15, 17, 19});
  expect(25, 100, {0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 8, 9, 10, 11});
  expect(24000 / 1001.0, 100, {0, 1, 2, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10, 10});
  expect(20, 100, {0, 0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8});
  expect(15, 100, {0, 0, 1, 1, 2, 2, 3, 3});
  expect(12, 100, {0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4});
  expect(10, 100, {0, 0, 0, 1, 1, 1, 2, 2, 2});
  EXPECT_EQ(Selected(FrameRule::kFfmpegRate, 60, 300).size(), 152u);
  EXPECT_EQ(Selected(FrameRule::kFfmpegRate, 25, 125).size(), 150u);
}

// Frame k is the first one whose rounded time is k or more: for the rates of AVA's films.
TEST(FrameSelector, FfmpegsRuleIsRoundingUpToTheSourceRate) {
  const std::vector<std::vector<int>> rates = {{30, 1}, {30000, 1001}, {25, 1},
                                               {24, 1}, {24000, 1001}, {28, 1}};
  for (const std::vector<int>& rate : rates) {
    constexpr int kFrames = 2000;
    std::vector<int> expected;
    for (int i = 0; i < kFrames; ++i) {
      while (static_cast<int64_t>(expected.size()) <= Rounded(i, rate[0], rate[1])) expected.push_back(i);
    }
    EXPECT_THAT(Selected(FrameRule::kFfmpegRate, static_cast<double>(rate[0]) / rate[1], kFrames),
                ElementsAreArray(expected))
        << rate[0] << "/" << rate[1];
  }
}

// `ffmpeg -vf fps=30`: frame k is the last one whose rounded time is k or less.
TEST(FrameSelector, Nearest) {
  for (const std::vector<int>& rate : std::vector<std::vector<int>>{
           {60, 1}, {50, 1}, {30, 1}, {30000, 1001}, {25, 1}, {24000, 1001}, {15, 1}, {6, 1}}) {
    constexpr int kFrames = 700;
    std::vector<int> expected;
    for (int i = 0; i < kFrames; ++i) {
      while (static_cast<int64_t>(expected.size()) < Rounded(i + 1, rate[0], rate[1])) expected.push_back(i);
    }
    EXPECT_THAT(Selected(FrameRule::kNearest, static_cast<double>(rate[0]) / rate[1], kFrames),
                ElementsAreArray(expected))
        << rate[0] << "/" << rate[1];
  }
}

// A frame that is missing in the source: the one before it fills its place, or FFmpeg's mixture of both.
TEST(FrameSelector, Gap) {
  for (const FrameRule rule : {FrameRule::kNearest, FrameRule::kFfmpegRate}) {
    FrameSelector selector(rule, 30, 30);
    int64_t written = 0;
    for (const int i : {0, 1, 2, 6, 7}) {
      const FrameSelector::Copies copies = selector.Add(i / 30.0);
      written += copies.previous + copies.current;
    }
    written += selector.Finish(8 / 30.0);
    EXPECT_EQ(written, 8);
  }
}

TEST(FrameSelector, OneFrameIsOne) {
  EXPECT_EQ(Selected(FrameRule::kNearest, 100, 1).size(), 1u);
  EXPECT_EQ(Selected(FrameRule::kFfmpegRate, 100, 1).size(), 1u);
}

}  // namespace
}  // namespace mrsn::datasets

#include "mrsn/baselines/anchors/box_coding.h"

#include <limits>
#include <random>

#include "gtest/gtest.h"

namespace mrsn::baselines {
namespace {

TEST(BoxCodingTest, IsTheFormula) {
  // Anchor: centre (0.4, 0.5), 0.4 x 0.2. Box: centre (0.5, 0.4), 0.2 x 0.4.
  const BoxOffsets offsets = Encode({0.4f, 0.2f, 0.6f, 0.6f}, {0.2f, 0.4f, 0.6f, 0.6f}, {0.1f, 0.2f});
  EXPECT_NEAR(offsets.x, 0.1 / (0.4 * 0.1), 1e-5);
  EXPECT_NEAR(offsets.y, -0.1 / (0.2 * 0.1), 1e-5);
  EXPECT_NEAR(offsets.w, -std::log(2.0) / 0.2, 1e-5);
  EXPECT_NEAR(offsets.h, std::log(2.0) / 0.2, 1e-5);
}

TEST(BoxCodingTest, DecodesWhatItEncoded) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> side(0.01f, 0.8f), corner(-0.2f, 0.7f);
  const auto box = [&] {
    const float x = corner(random), y = corner(random);
    return Box{x, y, x + side(random), y + side(random)};
  };
  for (const BoxCoding coding : {BoxCoding{1, 1}, BoxCoding{0.1f, 0.2f}}) {
    for (int i = 0; i < 200; ++i) {
      const Box anchor = box(), expected = box();
      const Box decoded = Decode(Encode(expected, anchor, coding), anchor, coding);
      EXPECT_NEAR(decoded.x1, expected.x1, 1e-5);
      EXPECT_NEAR(decoded.y1, expected.y1, 1e-5);
      EXPECT_NEAR(decoded.x2, expected.x2, 1e-5);
      EXPECT_NEAR(decoded.y2, expected.y2, 1e-5);
    }
  }
}

TEST(BoxCodingTest, FlatBoxesHaveFiniteOffsets) {
  const Box frame = {0, 0, 1, 1}, line = {0.5f, 0.2f, 0.5f, 0.4f};
  EXPECT_NEAR(Encode(line, frame, {}).w, std::log(1e-4), 1e-3);
  EXPECT_TRUE(std::isfinite(Encode(frame, line, {}).x));
  EXPECT_TRUE(std::isfinite(Encode(frame, line, {}).w));
}

TEST(BoxCodingTest, OffsetsThatAreNotFiniteGiveNoValidBoxOrTheFrame) {
  const float infinite = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  const Box anchor = {0.2f, 0.2f, 0.4f, 0.4f}, frame = {0, 0, 1, 1};
  EXPECT_FALSE(ClipToFrame(Decode({nan, 0, 0, 0}, anchor, {})).Valid());
  EXPECT_FALSE(ClipToFrame(Decode({infinite, 0, 0, 0}, anchor, {})).Valid());
  EXPECT_EQ(ClipToFrame(Decode({0, 0, infinite, infinite}, anchor, {})), frame);
}

}  // namespace
}  // namespace mrsn::baselines

#include "datasets/clock.h"

#include <cmath>

#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

Timestamp At(double second) { return Timestamp::Nearest(second); }

TEST(ClockTest, FractionsOfASecond) {
  const Clock ava;
  EXPECT_EQ(ava.FrameAt(At(903.5)), 105);  // 3.5 * 30
  EXPECT_EQ(ava.FrameAt(At(902.04)), 61);  // 61.2
  EXPECT_EQ(ava.FrameAt(At(900.25)), 8);   // 7.5: the later of frames 7 and 8
  const Clock film = {0, 25};
  EXPECT_EQ(film.FrameAt(At(3.5)), 88);  // 87.5
  EXPECT_EQ(film.FrameAt(At(1.7)), 43);  // 42.5
  const Clock later = {900, 25};
  EXPECT_EQ(later.FrameAt(At(900.3)), 8);  // 7.5, although the doubles 900.3 - 900.0 give 7.4999999999989
  // The 88th frame of NTSC's rate begins 2.936 s after the first, the 89th 33 ms later.
  const Clock ntsc = {0, 30000.0 / 1001};
  EXPECT_EQ(ntsc.FrameAt(At(2.95)), 88);   // 88.41
  EXPECT_EQ(ntsc.FrameAt(At(2.955)), 89);  // 88.56
}

// Every frame of a film has a second with six decimals, and is found by it.
TEST(ClockTest, AFramesOwnTimeIsTheFrame) {
  for (const double rate : {24.0, 25.0, 30000.0 / 1001, 60.0, 1000.0}) {
    const Clock clock = {900, rate};
    for (int frame = 0; frame < 5000; ++frame)
      ASSERT_EQ(clock.FrameAt(At(900 + frame / rate)), frame) << rate;
  }
}

// As it was before seconds had fractions, bit by bit.
TEST(ClockTest, WholeSeconds) {
  for (const double first : {0.0, 900.0, 895.5}) {
    for (const double rate : {23.976, 25.0, 30000.0 / 1001, 30.0}) {
      const Clock clock = {first, rate};
      for (int second = 880; second < 1800; ++second) {
        ASSERT_EQ(clock.FrameAt(second), std::llround((second - first) * rate)) << second << " " << rate;
      }
    }
  }
}

}  // namespace
}  // namespace mrsn::datasets

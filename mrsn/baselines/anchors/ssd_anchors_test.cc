#include "mrsn/baselines/anchors/ssd_anchors.h"

#include "gtest/gtest.h"

namespace mrsn::baselines {
namespace {

void ExpectBox(const Box& box, double x1, double y1, double x2, double y2) {
  EXPECT_NEAR(box.x1, x1, 1e-5);
  EXPECT_NEAR(box.y1, y1, 1e-5);
  EXPECT_NEAR(box.x2, x2, 1e-5);
  EXPECT_NEAR(box.y2, y2, 1e-5);
}

TEST(SsdAnchorsTest, Ssd300Has8732) {
  const std::vector<AnchorLevel> levels = SsdLevels(300, {38, 19, 10, 5, 3, 1});
  const std::vector<Box> anchors = Anchors(levels);
  // 4 (38^2 + 3^2 + 1) + 6 (19^2 + 10^2 + 5^2)
  ASSERT_EQ(anchors.size(), 8732);
  // In pixels of 300: the first centre is (4, 4), sizes 30 and sqrt(30 * 60) = 42.426407.
  ExpectBox(anchors[0], -11 / 300.0, -11 / 300.0, 19 / 300.0, 19 / 300.0);
  ExpectBox(anchors[1], -17.2132 / 300, -17.2132 / 300, 25.2132 / 300, 25.2132 / 300);
  // 30 sqrt(2) x 30 / sqrt(2) = 42.4264 x 21.2132
  ExpectBox(anchors[2], -17.2132 / 300, -6.6066 / 300, 25.2132 / 300, 14.6066 / 300);
  // The next cell of the row, then the first of the next row.
  ExpectBox(anchors[4], -3 / 300.0, -11 / 300.0, 27 / 300.0, 19 / 300.0);
  ExpectBox(anchors[4 * 38], -11 / 300.0, -3 / 300.0, 19 / 300.0, 27 / 300.0);
  // The second level's first cell: centre (8, 8), ratio 3 of size 60: 103.923 x 34.641.
  ExpectBox(anchors[4 * 38 * 38 + 4], -43.9615 / 300, -9.3205 / 300, 59.9615 / 300, 25.3205 / 300);
  // The fifth level's last: centre 250, size 213, ratio 1/2: 150.614 x 301.227.
  ExpectBox(anchors[8727], 174.693 / 300, 99.3865 / 300, 325.307 / 300, 400.6135 / 300);
  // The last: centre 150, size 264, ratio 1/2: 186.676 x 373.352.
  ExpectBox(anchors[8731], 56.662 / 300, -36.676 / 300, 243.338 / 300, 336.676 / 300);
  EXPECT_NEAR(levels[5].next_size, 1.05, 1e-9);
}

TEST(SsdAnchorsTest, FewerMapsReachAsFar) {
  const std::vector<AnchorLevel> levels = SsdLevels(96, {12, 6, 3, 2});
  // d = floor(70 / 2): 0.1, 0.2, 0.55, 0.9 and, after the last, 1.25.
  EXPECT_NEAR(levels[2].size, 0.55, 1e-9);
  EXPECT_NEAR(levels[3].size, 0.9, 1e-9);
  EXPECT_NEAR(levels[3].next_size, 1.25, 1e-9);
  EXPECT_EQ(Anchors(levels).size(), 4 * 144 + 6 * (36 + 9 + 4));
  // The second of two centres, 64 pixels apart, is at pixel 96: on the frame's edge.
  ExpectBox(Anchors(levels)[4 * 144 + 6 * (36 + 9 + 3)], 0.55, 0.55, 1.45, 1.45);
}

}  // namespace
}  // namespace mrsn::baselines

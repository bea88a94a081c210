#include "datasets/pixels/bilinear.h"

#include <vector>

#include "datasets/pixels/row_kernels.h"
#include "gtest/gtest.h"
#include "opencv2/imgproc.hpp"
#include "ops/base/random.h"

namespace mrsn::datasets {
namespace {

// Three pixels become six: scaled pixel 0 lies at -0.25, 1 at 0.25, ..., 5 at 2.25.
TEST(NeighboursTest, ColumnsAndRows) {
  const std::vector<Neighbours> columns = ColumnNeighbours({3, 6, 0, 6}), rows = RowNeighbours({3, 6, 0, 6});
  ASSERT_EQ(columns.size(), 6);
  ASSERT_EQ(rows.size(), 6);
  EXPECT_EQ(columns[0].first, 0);
  EXPECT_EQ(columns[0].first_weight, 2048);
  EXPECT_EQ(rows[0].first, 0);
  EXPECT_EQ(rows[0].second, 0);
  EXPECT_EQ(rows[0].first_weight, 512);
  EXPECT_EQ(rows[0].second_weight, 1536);
  for (const auto& neighbours : {columns, rows}) {
    EXPECT_EQ(neighbours[1].first, 0);
    EXPECT_EQ(neighbours[1].second, 1);
    EXPECT_EQ(neighbours[1].first_weight, 1536);
    EXPECT_EQ(neighbours[1].second_weight, 512);
    EXPECT_EQ(neighbours[5].second, 2);
  }
  const std::vector<Neighbours> part = ColumnNeighbours({3, 6, 3, 2});
  ASSERT_EQ(part.size(), 2);
  EXPECT_EQ(part[0].first, columns[3].first);
  EXPECT_EQ(part[1].second_weight, columns[4].second_weight);
}

// One row of random bytes, scaled along the row only: 128 times the value, so that (value + 64) / 128 is what
// cv::resize gives within its other rounding.
TEST(RowScalerTest, ScalesARow) {
  if (!RowKernelsRun()) GTEST_SKIP() << "skipped: no AVX2";
  SplitMix64 random(1);
  for (const auto& [from, to] : std::vector<std::pair<int, int>>{{320, 341}, {640, 602}, {91, 40}, {5, 7}}) {
    for (const bool mirrored : {false, true}) {
      cv::Mat row(1, from + kRowPadding, CV_8UC1), scaled;
      for (int x = 0; x < row.cols; ++x) row.data[x] = static_cast<uint8_t>(random.Below(256));
      const auto scaler = RowScaler::Make({from, to, 0, to}, mirrored);
      ASSERT_TRUE(scaler.has_value());
      std::vector<int16_t> found(to + kRowPadding);
      scaler->Apply(row.data, found.data());
      cv::resize(row.colRange(0, from), scaled, {to, 1}, 0, 0, cv::INTER_LINEAR);
      if (mirrored) cv::flip(scaled, scaled, 1);
      for (int x = 0; x < to; ++x) ASSERT_NEAR(found[x] / 128., scaled.data[x], 0.51) << from << " " << x;
    }
  }
  EXPECT_FALSE(RowScaler::Make({640, 60, 0, 60}, false).has_value());
}

TEST(InterpolateRowsTest, WritesNothingBehindTheEnd) {
  if (!RowKernelsRun()) GTEST_SKIP() << "skipped: no AVX2";
  const std::vector<int16_t> low(37 + kRowPadding, 10 * 128), high(37 + kRowPadding, 50 * 128);
  std::vector<uint8_t> found(40, 7);
  InterpolateRows(low.data(), high.data(), {0, 1, 512, 1536}, 37, found.data());
  for (int x = 0; x < 37; ++x) EXPECT_EQ(found[x], 40);
  for (int x = 37; x < 40; ++x) EXPECT_EQ(found[x], 7);
}

}  // namespace
}  // namespace mrsn::datasets

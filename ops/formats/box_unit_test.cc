#include "ops/formats/box_unit.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::formats {
namespace {

// Boxes that end at the given x and at y = 0.5.
CsvContents Ending(const std::vector<double>& x2) {
  CsvContents contents;
  RowBlock& block = contents.blocks.emplace_back();
  for (const double x : x2) {
    Row row;
    row.box = {0, 0, x, 0.5};
    block.rows.push_back(row);
  }
  return contents;
}

TEST(BoxUnitTest, FractionsAreExpected) {
  EXPECT_TRUE(ExpectFractions("f", Ending({})).ok());
  EXPECT_TRUE(ExpectFractions("f", Ending({0.5, 1.02, 2})).ok());
  EXPECT_TRUE(ExpectFractions("f", Ending({0.5, 64})).ok());  // one broken box is not the unit of the file
  EXPECT_EQ(
      ExpectFractions("f", Ending({0.5, 64, 320})).message(),
      "f: 2 of 3 boxes are in pixels (the largest coordinate is 320), expected fractions of the frame, from "
      "0 to 1");
}

TEST(BoxUnitTest, PixelsAreExpected) {
  EXPECT_TRUE(ExpectPixels("f", Ending({})).ok());
  EXPECT_TRUE(ExpectPixels("f", Ending({0.5, 3})).ok());
  EXPECT_EQ(ExpectPixels("f", Ending({0.5, 1})).message(),
            "f: the boxes are fractions of the frame (the largest coordinate is 1), expected pixels");
}

}  // namespace
}  // namespace mrsn::formats

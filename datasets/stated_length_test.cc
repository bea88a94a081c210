#include "datasets/stated_length.h"

#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

TEST(StatedLengthTest, RatesOfTelevisionAgreeOthersDoNot) {
  EXPECT_TRUE(RatesAgree(30000.0 / 1001, 30));
  EXPECT_TRUE(RatesAgree(24000.0 / 1001, 24));
  EXPECT_FALSE(RatesAgree(25, 24));
  EXPECT_FALSE(RatesAgree(25, 30));
  EXPECT_FALSE(RatesAgree(0, 30));
}

TEST(StatedLengthTest, TwoFramesAndOneInAHundred) {
  EXPECT_EQ(LengthSlack(0), 2);
  EXPECT_EQ(LengthSlack(99), 2);
  EXPECT_EQ(LengthSlack(27000), 272);
}

}  // namespace
}  // namespace mrsn::datasets

#include "ops/base/timestamp.h"

#include <type_traits>

#include "gtest/gtest.h"

namespace mrsn {
namespace {

TEST(TimestampTest, TextHasAsFewDecimalsAsItNeeds) {
  EXPECT_EQ(Timestamp(903).Text(), "903");
  EXPECT_EQ(Timestamp().Text(), "0");
  EXPECT_EQ(Timestamp::Nearest(903.5).Text(), "903.5");
  EXPECT_EQ(Timestamp::Nearest(903.05).Text(), "903.05");
  EXPECT_EQ(Timestamp::OfMicros(903000001).Text(), "903.000001");
  EXPECT_EQ(Timestamp::Nearest(910.1).Text(), "910.1");
  EXPECT_EQ(Timestamp::OfMicros(-500000).Text(), "-0.5");
  // As printf's %04d, and the fraction behind it.
  EXPECT_EQ(Timestamp(2).Text(4), "0002");
  EXPECT_EQ(Timestamp::Nearest(2.25).Text(4), "0002.25");
  EXPECT_EQ(Timestamp(12345).Text(4), "12345");
  EXPECT_EQ(Timestamp(-5).Text(4), "-005");
}

TEST(TimestampTest, IsAMillionthExact) {
  EXPECT_EQ(Timestamp::Nearest(903.5).micros(), 903500000);
  EXPECT_EQ(Timestamp::Nearest(1.0 / 3).micros(), 333333);
  EXPECT_EQ(Timestamp::Nearest(903.1).micros(), 903100000);  // as a double it is a little less
  EXPECT_EQ(Timestamp::Nearest(903.1) - 900, Timestamp::OfMicros(3100000));
  EXPECT_EQ((Timestamp::Nearest(901.7) - 900).value(), 1.7);  // 901.7 - 900.0 is 1.7000000000000455
  EXPECT_EQ(Timestamp(903), 903);
  EXPECT_TRUE(Timestamp::Nearest(903.5) != 903);
  EXPECT_LT(Timestamp(903), Timestamp::Nearest(903.5));
  EXPECT_LT(Timestamp::Nearest(903.5), 904);
  EXPECT_EQ(Timestamp(2147483647).micros(), 2147483647000000);
}

TEST(TimestampTest, WholeNumbers) {
  EXPECT_TRUE(Timestamp(903).IsWhole());
  EXPECT_FALSE(Timestamp::Nearest(903.5).IsWhole());
  EXPECT_EQ(Timestamp::Nearest(903.999999).Floor(), 903);
  EXPECT_EQ(Timestamp(-1).Floor(), -1);
  EXPECT_EQ(Timestamp::Nearest(-0.5).Floor(), -1);
  EXPECT_EQ(Timestamp::Nearest(0.499999).Rounded(), 0);
  EXPECT_EQ(Timestamp::Nearest(0.5).Rounded(), 1);
  EXPECT_EQ(Timestamp::Nearest(-0.5).Rounded(), -1);
  EXPECT_EQ(Timestamp::Nearest(-0.499999).Rounded(), 0);
  EXPECT_EQ(Timestamp::Nearest(-2.5).Rounded(), -3);
  EXPECT_EQ(Timestamp(7).Rounded(), 7);
}

// Timestamp{903.5} and Keyframe{"v", 903.5} do not compile: an int would silently be second 903.
static_assert(std::is_convertible_v<int, Timestamp> && std::is_convertible_v<int64_t, Timestamp>);
static_assert(!std::is_constructible_v<Timestamp, double> && !std::is_constructible_v<Timestamp, float>);

}  // namespace
}  // namespace mrsn

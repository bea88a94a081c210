#include "ops/base/size_flag.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn {
namespace {

using ::testing::HasSubstr;

TEST(SizeFlagTest, ReadsWidthAndHeight) {
  const auto size = SizeFlag("frame_size", "320x240");
  ASSERT_TRUE(size.ok()) << size.status();
  EXPECT_EQ(size->width, 320);
  EXPECT_EQ(size->height, 240);
}

TEST(SizeFlagTest, OtherValuesAreNamed) {
  for (const char* value : {"", "640", "640x", "x640", "0x640", "640x-1", "640x640x3", "40000x2", "axb"}) {
    EXPECT_THAT(std::string(SizeFlag("frame_size", value).status().message()),
                HasSubstr(std::string("--frame_size=") + value + " is no size"));
  }
}

}  // namespace
}  // namespace mrsn

#include "datasets/video/swscale_check.h"

#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

// Debian's FFmpeg on a processor with AVX2: otherwise every frame is converted twice as slowly.
TEST(SwscaleCheckTest, OurConversionEqualsTheInstalledFfmpegs) {
  for (const LumaRange range : {LumaRange::kLimited, LumaRange::kFull}) {
    EXPECT_EQ(FramesConvertAsSwscale(range), RowKernelsRun());
  }
}

}  // namespace
}  // namespace mrsn::datasets

#include "experiments/result_precision.h"

#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

TEST(ResultPrecisionTest, UnsetIsFloat32) {
  Result result;
  EXPECT_EQ(PrecisionOf(result), "float32");
  result.set_precision("bfloat16");
  EXPECT_EQ(PrecisionOf(result), "bfloat16");
}

}  // namespace
}  // namespace mrsn::experiments

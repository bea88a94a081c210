// Eq. 7.
#include "mrsn/head/rcm_short.h"

#include <ATen/ATen.h>

#include "gtest/gtest.h"
#include "mrsn/testing/seeded_test.h"

namespace mrsn {
namespace {

using RcmShortTest = SeededTest;

TEST_F(RcmShortTest, RelationFeaturesIsEq7) {
  Relations relations;
  relations.X = at::tensor({1.0, 2.0, 10.0, 20.0, 30.0, 60.0}).view({1, 3, 2});  // actor, two of context
  relations.Y = at::tensor({5.0, 6.0}).view({1, 2});
  EXPECT_TRUE(
      at::equal(RelationFeatures(relations), at::tensor({1.0, 2.0, 20.0, 40.0, 5.0, 6.0}).view({1, 6})));
}

}  // namespace
}  // namespace mrsn

#include "ops/meta_kernels/deferred_init.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace mrsn::ops {
namespace {

TEST(DeferredInitTest, RandomFillsDoNothingAndOthersDo) {
  at::manual_seed(1);
  const at::Tensor expected = at::rand({5});
  at::manual_seed(1);
  at::Tensor filled = at::full({3, 2}, 7.0);
  {
    const DeferredInit no_values;
    filled.uniform_(0, 1);
    filled.normal_(0, 1);
    EXPECT_EQ(at::randn({4, 5}).sizes(), (at::IntArrayRef{4, 5}));
    EXPECT_TRUE(at::equal(at::ones({2}) + at::zeros({2}), at::full({2}, 1.0)));
  }
  EXPECT_TRUE(at::equal(filled, at::full({3, 2}, 7.0)));
  EXPECT_TRUE(at::equal(at::rand({5}), expected));  // no number was drawn
  filled.uniform_(0, 1);
  EXPECT_FALSE(at::equal(filled, at::full({3, 2}, 7.0)));
}

TEST(DeferredInitTest, FillsOfTensorsWithGradients) {
  at::Tensor weight = at::full({3}, 7.0).requires_grad_();
  const DeferredInit no_values;
  const at::NoGradGuard no_grad;
  weight.normal_(0, 1);
  EXPECT_TRUE(at::equal(weight, at::full({3}, 7.0)));
  EXPECT_TRUE(weight.requires_grad());
}

}  // namespace
}  // namespace mrsn::ops

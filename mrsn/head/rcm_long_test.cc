// The inside of Eq. 8.
#include "mrsn/head/rcm_long.h"

#include <ATen/ATen.h>

#include "gtest/gtest.h"
#include "mrsn/testing/compare.h"
#include "mrsn/testing/seeded_test.h"
#include "mrsn/testing/variables.h"

namespace mrsn {
namespace {

using RcmLongTest = SeededTest;

TEST_F(RcmLongTest, AnEmptyWindowLeavesGAsItIs) {
  LongTermSupport support({6, 4, 2, 2});
  const at::Tensor G = at::randn({3, 6}), clips = at::tensor({0, 1, 1}, at::kLong);
  EXPECT_TRUE(at::equal(support.Forward(G, clips, {}), G));
  LongTermWindow none = {at::empty({0, 6}), at::empty({0}, at::kLong), at::empty({0}, at::kLong)};
  EXPECT_TRUE(at::equal(support.Forward(G, clips, none), G));
  LongTermWindow elsewhere = {at::randn({2, 6}), at::tensor({0, 0}, at::kLong),
                              at::tensor({0, 1}, at::kLong)};
  const at::Tensor result = support.Forward(G.set_requires_grad(true), clips, elsewhere);
  EXPECT_TRUE(at::equal(result.slice(0, 1), G.slice(0, 1)));
  EXPECT_FALSE(at::allclose(result[0], G[0]));
  result.sum().backward();
  for (const at::Tensor& parameter : support.parameters()) {
    EXPECT_TRUE(at::isfinite(parameter.grad()).all().item<bool>());
  }
}

TEST_F(RcmLongTest, EachClipSeesItsOwnWindowOnly) {
  LongTermSupport support({6, 4, 2, 2});
  const at::Tensor G = at::randn({2, 6}), clips = at::tensor({0, 1}, at::kLong);
  LongTermWindow bank = {at::randn({4, 6}).set_requires_grad(true), at::tensor({1, 0, 1, 0}, at::kLong),
                         at::tensor({0, 1, -2, 2}, at::kLong)};
  support.Forward(G, clips, bank)[0].square().sum().backward();
  const at::Tensor reach = bank.features.grad().abs().sum(1);
  EXPECT_EQ(reach[0].item<float>(), 0);
  EXPECT_EQ(reach[2].item<float>(), 0);
  EXPECT_GT(reach[1].item<float>(), 0);
  EXPECT_GT(reach[3].item<float>(), 0);
}

TEST_F(RcmLongTest, TheOrderOfBankEntriesDoesNotMatterTheirDistanceDoes) {
  LongTermSupport support({6, 4, 2, 2});
  support.to(at::kDouble);
  const at::Tensor G = Random({1, 6}), clips = at::zeros({1}, at::kLong), three = at::zeros({3}, at::kLong);
  const at::Tensor features = Random({3, 6}), order = at::tensor({2, 0, 1}, at::kLong);
  const at::Tensor offset = at::tensor({-2, 0, 1}, at::kLong);
  const at::Tensor result = support.Forward(G, clips, {features, three, offset});
  EXPECT_TRUE(Close(
      support.Forward(G, clips, {features.index_select(0, order), three, offset.index_select(0, order)}),
      result, 1e-13));
  EXPECT_FALSE(
      Close(support.Forward(G, clips, {features, three, offset.index_select(0, order)}), result, 1e-6));
}

TEST_F(RcmLongTest, LongTermRefusesWhatDoesNotFit) {
  LongTermSupport support({6, 4, 2, 2});
  const at::Tensor G = at::randn({1, 6}), one = at::zeros({1}, at::kLong);
  EXPECT_THROW(support.Forward(G, one, {at::randn({1, 5}), one, one}), c10::Error);
  EXPECT_ANY_THROW(support.Forward(G, one, {at::randn({1, 6}), one, one + 3}));
  EXPECT_ANY_THROW(support.Forward(G, one, {at::randn({1, 6}), one, one - 3}));
}

}  // namespace
}  // namespace mrsn

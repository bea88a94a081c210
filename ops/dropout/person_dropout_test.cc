#include "ops/dropout/person_dropout.h"

#include <ATen/ATen.h>

#include <vector>

#include "gtest/gtest.h"

namespace mrsn::ops {
namespace {

constexpr uint64_t kSeed = 17;
constexpr double kP = 0.4;

// One process draws the masks of two layers; two processes compute persons 0, 2, 3 and 1, 4.
TEST(PersonDropoutTest, MasksAreThoseOfOneProcess) {
  const at::Tensor x = at::rand({5, 7}) + 0.5, wide = at::rand({5, 3, 4, 4}) + 0.5;
  at::manual_seed(kSeed);
  const at::Tensor first = at::dropout(x, kP, true), second = at::dropout(wide, kP, true);
  EXPECT_GT((first == 0).sum().item<int64_t>(), 0);
  for (const std::vector<int64_t>& own : {std::vector<int64_t>{0, 2, 3}, {1, 4}}) {
    const at::Tensor rows = at::tensor(own, at::kLong);
    at::manual_seed(kSeed + 1);  // what this process draws otherwise
    const PersonDropoutScope scope(own, 5, kSeed);
    EXPECT_TRUE(at::equal(PersonDropout(x.index_select(0, rows), kP, true), first.index_select(0, rows)));
    EXPECT_TRUE(at::equal(PersonDropout(wide.index_select(0, rows), kP, true), second.index_select(0, rows)));
  }
}

TEST(PersonDropoutTest, GradientsPassTheSameMask) {
  const at::Tensor x = at::ones({2, 50}).requires_grad_();
  const PersonDropoutScope scope({1, 2}, 3, kSeed);
  const at::Tensor y = PersonDropout(x, kP, true);
  y.sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), y.detach()));
  EXPECT_TRUE(at::allclose(y.max(), at::tensor(1 / (1 - kP), at::kFloat)));
}

TEST(PersonDropoutTest, WithoutAScopeItIsDropout) {
  const at::Tensor x = at::rand({5, 7});
  const auto plain = [&](const at::Tensor& values, double p, bool training) {
    at::manual_seed(kSeed);
    const at::Tensor expected = at::dropout(values, p, training);
    at::manual_seed(kSeed);
    return at::equal(PersonDropout(values, p, training), expected);
  };
  EXPECT_TRUE(plain(x, kP, true));
  {
    const PersonDropoutScope scope({1, 3}, 4, kSeed);
    EXPECT_TRUE(plain(x, kP, true)) << "rows of something else";
    EXPECT_TRUE(plain(x.narrow(0, 0, 2), kP, false)) << "inference";
    EXPECT_TRUE(plain(x.narrow(0, 0, 2), 0, true));
    EXPECT_FALSE(plain(x.narrow(0, 0, 2), kP, true));
  }
  EXPECT_TRUE(plain(x.narrow(0, 0, 2), kP, true)) << "the scope has ended";
}

}  // namespace
}  // namespace mrsn::ops

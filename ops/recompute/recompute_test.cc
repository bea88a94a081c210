#include "ops/recompute/recompute.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "ops/device/arithmetic.h"
#include "ops/norm_relu/norm_relu.h"

namespace mrsn::ops {
namespace {

// Layers y = dropout(relu(norm(w y))), a part of a network.
class Layers {
 public:
  explicit Layers(int count) {
    at::manual_seed(3);
    for (int i = 0; i < count; ++i) weights_.push_back((at::randn({16, 16}) * 0.3).requires_grad_());
    gamma_ = at::ones({16}).requires_grad_();
  }

  std::vector<at::Tensor> parameters() const {
    std::vector<at::Tensor> all = weights_;
    all.push_back(gamma_);
    return all;
  }

  at::Tensor Forward(const at::Tensor& x) {
    ++runs;
    again += Recomputing() ? 1 : 0;
    at::Tensor y = x;
    for (size_t i = 0; i < weights_.size(); ++i) {
      const at::Tensor mean = at::zeros({16}), variance = at::ones({16});
      y = BatchNormRelu(at::mm(y, weights_[i]).to(at::kFloat), gamma_, at::zeros({16}), mean, variance, {},
                        {});
      inner.push_back(y.storage().getWeakStorageImpl());
      y = at::dropout(y, 0.25, /*train=*/true);
    }
    return y;
  }

  int runs = 0, again = 0;
  std::vector<c10::weak_intrusive_ptr<c10::StorageImpl>> inner;  // the memory of the norms' results

 private:
  std::vector<at::Tensor> weights_;
  at::Tensor gamma_;
};

struct Found {
  at::Tensor y, grad_x, drawn;
  std::vector<at::Tensor> gradients;
};

// Two parts, between them and around them what is kept.
Found RunParts(bool recompute, at::ScalarType type = at::kFloat, bool x_has_gradient = true) {
  Layers first(3), second(2);
  at::manual_seed(5);
  const at::Tensor x = at::randn({6, 16}).requires_grad_(x_has_gradient);
  Found found;
  {
    const RecomputeScope scope(recompute);
    const Autocast autocast(at::kCPU, type);
    const at::Tensor y = Recomputed([&] { return first.parameters(); }, x,
                                    [&](const at::Tensor& in) { return first.Forward(in); });
    found.y = Recomputed([&] { return second.parameters(); }, y * 2,
                         [&](const at::Tensor& in) { return second.Forward(in); });
  }
  found.y.square().sum().backward();
  EXPECT_EQ(first.runs, recompute ? 2 : 1);
  EXPECT_EQ(first.again, recompute ? 1 : 0);
  EXPECT_EQ(second.again, recompute ? 1 : 0);
  EXPECT_FALSE(Recomputing());
  found.drawn = at::rand({4});
  if (x_has_gradient) found.grad_x = x.grad();
  for (const Layers* layers : {&first, &second}) {
    for (const at::Tensor& parameter : layers->parameters()) found.gradients.push_back(parameter.grad());
  }
  return found;
}

void ExpectSameBits(const Found& expected, const Found& found) {
  EXPECT_TRUE(at::equal(found.y, expected.y));
  ASSERT_EQ(found.grad_x.defined(), expected.grad_x.defined());
  if (found.grad_x.defined()) {
    EXPECT_TRUE(at::equal(found.grad_x, expected.grad_x));
  }
  ASSERT_EQ(found.gradients.size(), expected.gradients.size());
  for (size_t i = 0; i < found.gradients.size(); ++i) {
    ASSERT_TRUE(expected.gradients[i].defined()) << i;
    EXPECT_TRUE(at::equal(found.gradients[i], expected.gradients[i])) << i;
  }
  EXPECT_TRUE(at::equal(found.drawn, expected.drawn)) << "the second run has moved the generator";
}

class RecomputeTest : public ::testing::Test {
 protected:
  RecomputeTest() : threads_(at::get_num_threads()) { at::set_num_threads(1); }
  ~RecomputeTest() override { at::set_num_threads(threads_); }

 private:
  const int threads_;
};

TEST_F(RecomputeTest, GivesTheSameBits) {
  const Found plain = RunParts(false);
  EXPECT_GT((plain.y == 0).sum().item<int64_t>(), 0);
  ExpectSameBits(plain, RunParts(true));
}

TEST_F(RecomputeTest, AlsoInBfloat16) {
  const Found plain = RunParts(false, at::kBFloat16);
  ExpectSameBits(plain, RunParts(true, at::kBFloat16));
  EXPECT_FALSE(at::equal(plain.y, RunParts(false).y)) << "nothing was rounded";
}

TEST_F(RecomputeTest, AlsoWhereTheInputIsData) {
  ExpectSameBits(RunParts(false, at::kFloat, /*x_has_gradient=*/false),
                 RunParts(true, at::kFloat, /*x_has_gradient=*/false));
}

int64_t Alive(const Layers& layers) {
  int64_t alive = 0;
  for (const auto& tensor : layers.inner) alive += tensor.expired() ? 0 : 1;
  return alive;
}

TEST_F(RecomputeTest, NothingBetweenInputAndOutputIsKept) {
  for (const bool recompute : {false, true}) {
    Layers layers(4);
    const RecomputeScope scope(recompute);
    const at::Tensor y = Recomputed([&] { return layers.parameters(); }, at::randn({6, 16}),
                                    [&](const at::Tensor& in) { return layers.Forward(in); });
    EXPECT_EQ(Alive(layers), recompute ? 0 : 4);
    y.sum().backward();
  }
}

// As a loss of several parts does it.
TEST_F(RecomputeTest, EachBackwardPassRunsThePartAgain) {
  Layers layers(2);
  const RecomputeScope scope;
  const at::Tensor y = Recomputed([&] { return layers.parameters(); }, at::randn({6, 16}),
                                  [&](const at::Tensor& in) { return layers.Forward(in); });
  y.sum().backward({}, /*retain_graph=*/true);
  const at::Tensor once = layers.parameters()[0].grad().clone();
  y.sum().backward();
  EXPECT_EQ(layers.again, 2);
  EXPECT_TRUE(at::allclose(layers.parameters()[0].grad(), once * 2));
}

TEST_F(RecomputeTest, WithoutGradientsItIsTheFunction) {
  Layers layers(2);
  const RecomputeScope scope;
  const at::NoGradGuard no_grad;
  const at::Tensor y = Recomputed([&] { return layers.parameters(); }, at::randn({6, 16}),
                                  [&](const at::Tensor& in) { return layers.Forward(in); });
  EXPECT_EQ(layers.runs, 1);
  EXPECT_FALSE(y.requires_grad());
}

TEST_F(RecomputeTest, ASecondDerivativeIsAnError) {
  Layers layers(1);
  const at::Tensor x = at::randn({6, 16}).requires_grad_();
  const RecomputeScope scope;
  const at::Tensor y = Recomputed([&] { return layers.parameters(); }, x,
                                  [&](const at::Tensor& in) { return layers.Forward(in); });
  EXPECT_THROW(y.sum().backward({}, /*retain_graph=*/true, /*create_graph=*/true), c10::Error);
}

}  // namespace
}  // namespace mrsn::ops

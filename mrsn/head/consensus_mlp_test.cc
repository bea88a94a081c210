// The end of Eq. 7 and 8.
#include "mrsn/head/consensus_mlp.h"

#include <ATen/ATen.h>

#include "gtest/gtest.h"
#include "mrsn/testing/seeded_test.h"

namespace mrsn {
namespace {

using ConsensusMlpTest = SeededTest;

// Dropout between the layers in training only, and of the probability asked for.
TEST_F(ConsensusMlpTest, MlpDropsOut) {
  ConsensusMlp mlp({4, 20000, 1, 2, 0.25});
  at::NoGradGuard no_grad;
  for (auto& parameter : mlp.named_parameters()) parameter.value().fill_(0);
  mlp.named_parameters()["hidden.bias"].fill_(3);        // GELU(3) = 3 Phi(3)
  mlp.named_parameters()["classifier.weight"].fill_(1);  // counts what is left
  const double unit = 3 * 0.9986501019683699;
  const at::Tensor g = at::zeros({1, 4});
  mlp.eval();
  EXPECT_NEAR(mlp.Forward(g).item<double>(), 20000 * unit, 1);
  mlp.train();
  const double kept = mlp.Forward(g).item<double>() / unit * 0.75;  // survivors are scaled by 1 / 0.75
  EXPECT_NEAR(kept, 15000, 5 * 61.3);  // binomial: deviation sqrt(20000 * .75 * .25)
}

}  // namespace
}  // namespace mrsn

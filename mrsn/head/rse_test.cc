// Eq. 5 against plain loops and golden tensors.
#include "mrsn/head/rse.h"

#include <ATen/ATen.h>

#include <memory>
#include <string>

#include "mrsn/testing/relation_test.h"

namespace mrsn {
namespace {

using RseTest = SeededTest;

TEST_F(RseTest, RseIsEq5BothSidesFromTheStepBefore) {
  const auto rse = Scrambled(std::make_shared<Rse>(SmallEncoder(2)));
  const at::Tensor x = Variable({3, 5, 8}), y = Variable({3, 8});
  const auto [rx, ry] = rse->Forward(x, y);
  for (int64_t n = 0; n < 3; ++n) {
    Matrix tokens = FromTensor(x[n]), actor = FromTensor(y[n].unsqueeze(0));
    for (const std::string k : {"0.", "1."}) {
      reference::SupportLayer(Weights(*rse).In("x_layer" + k), Weights(*rse).In("y_layer" + k), 2, &tokens,
                              &actor);
    }
    EXPECT_TRUE(Close(rx[n], ToTensor(tokens), 1e-12));
    EXPECT_TRUE(Close(ry[n].unsqueeze(0), ToTensor(actor), 1e-12));
  }
  ExpectGradientsRight(
      [&, x = x, y = y] {
        const auto [a, b] = rse->Forward(x, y);
        return at::cat({a, b.unsqueeze(1)}, 1);
      },
      With(*rse, {{"x", x}, {"y", y}}), 4);
}

TEST_F(RseTest, RseMatchesGolden) {
  const std::string prefix = "rse/";
  Rse rse({64, 8, 128, 1});
  LoadGoldenWeights(rse, RelationsGolden(), prefix);
  const at::Tensor x = RelationsGolden()[prefix + "in/x"].clone().set_requires_grad(true);
  const at::Tensor y = RelationsGolden()[prefix + "in/y"].clone().set_requires_grad(true);
  const auto [rx, ry] = rse.Forward(x, y.squeeze(1));
  EXPECT_TRUE(Close(rx, RelationsGolden()[prefix + "x"], 2e-5));
  EXPECT_TRUE(Close(ry.unsqueeze(1), RelationsGolden()[prefix + "y"], 2e-5));
  at::cat({rx, ry.unsqueeze(1)}, 1).backward(RelationsGolden()[prefix + "gout"]);
  ExpectGoldenGradients(rse, {{"x", x}, {"y", y}}, RelationsGolden(), prefix, 2e-5);
}

}  // namespace
}  // namespace mrsn

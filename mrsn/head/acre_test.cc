// Eq. 2 against plain loops and golden tensors.
#include "mrsn/head/acre.h"

#include <ATen/ATen.h>

#include <memory>

#include "mrsn/testing/relation_test.h"

namespace mrsn {
namespace {

using AcreTest = SeededTest;

TEST_F(AcreTest, AcreIsEq2) {
  const auto acre = Scrambled(std::make_shared<Acre>(SmallEncoder(2)));
  const at::Tensor x = Variable({3, 5, 8});
  const at::Tensor result = acre->Forward(x);
  for (int64_t n = 0; n < 3; ++n) {
    Matrix tokens = FromTensor(x[n]);
    for (const char* layer : {"layer0.", "layer1."}) {
      tokens = reference::EncoderLayer(Weights(*acre).In(layer), tokens, 2);
    }
    EXPECT_TRUE(Close(result[n], ToTensor(tokens), 1e-12));
  }
  ExpectGradientsRight([&] { return acre->Forward(x); }, With(*acre, {{"x", x}}), 5);
}

TEST_F(AcreTest, AcreSharingContextProjectionsChangesNothing) {
  const auto acre = Scrambled(std::make_shared<Acre>(SmallEncoder(2)));
  const at::Tensor actors = Variable({4, 8}), context = Variable({3, 6, 8});
  const at::Tensor clip_index = at::tensor({0, 0, 2, 2}, at::kLong);
  const at::Tensor tokens = ActorContextTokens(actors, context, clip_index);
  EXPECT_TRUE(at::equal(tokens[2][0], actors[2]));
  EXPECT_TRUE(at::equal(tokens[2].slice(0, 1), context[2]));
  EXPECT_TRUE(Close(acre->ForwardFromTokens(actors, context, clip_index), acre->Forward(tokens), 1e-13));
  ExpectGradientsRight([&] { return acre->ForwardFromTokens(actors, context, clip_index); },
                       With(*acre, {{"actors", actors}, {"context", context}}), 5);
}

TEST_F(AcreTest, TwoAcreLayersMatchGolden) {
  const std::string prefix = "layer_paper_x2/";
  Acre acre({64, 8, 128, 2});
  LoadGoldenWeights(acre, RelationsGolden(), prefix);
  const at::Tensor x = RelationsGolden()[prefix + "in/x"].clone().set_requires_grad(true);
  const at::Tensor out = acre.Forward(x);
  EXPECT_TRUE(Close(out, RelationsGolden()[prefix + "out"], 2e-5));
  out.backward(RelationsGolden()[prefix + "gout"]);
  ExpectGoldenGradients(acre, {{"x", x}}, RelationsGolden(), prefix, 2e-5);
}

}  // namespace
}  // namespace mrsn

// Eq. 6 in all the forms attention_block.h has it, against plain loops and golden tensors.
#include "mrsn/head/attention_block.h"

#include <ATen/ATen.h>

#include <string>

#include "gtest/gtest.h"
#include "mrsn/head/acre.h"
#include "mrsn/testing/compare.h"
#include "mrsn/testing/golden_names.h"
#include "mrsn/testing/reference.h"
#include "mrsn/testing/variables.h"

namespace mrsn {
namespace {

using reference::FromTensor;
using reference::Matrix;
using reference::ToTensor;
using reference::Weights;

const ops::GoldenBundle& Golden() {
  static const auto* golden = new ops::GoldenBundle(ops::ReadGoldenBundle("mrsn/head/testdata/relations"));
  return *golden;
}

class AttentionBlockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    torch::manual_seed(3);
    at::set_num_threads(1);  // tensors this small only wait for each other
  }
};

TEST_F(AttentionBlockTest, SelfAttentionIsEq6) {
  const auto attention = Scrambled(std::make_shared<MultiHeadAttention>(AttentionOptions{8, 2, 12}));
  const at::Tensor x = Random({3, 5, 8});
  const at::Tensor allowed = (at::arange(25).view({5, 5}) % 3 != 1).logical_or(at::eye(5).to(at::kBool));
  const at::Tensor free = attention->SelfAttention(x), masked = attention->SelfAttention(x, allowed);
  for (int64_t n = 0; n < 3; ++n) {
    const Matrix tokens = FromTensor(x[n]);
    EXPECT_TRUE(Close(
        free[n],
        ToTensor(reference::Attention(Weights(*attention), tokens, tokens, 2, [](int, int) { return true; })),
        1e-12));
    EXPECT_TRUE(
        Close(masked[n],
              ToTensor(reference::Attention(Weights(*attention), tokens, tokens, 2,
                                            [](int q, int s) { return (5 * q + s) % 3 != 1 || q == s; })),
              1e-12));
  }
}

TEST_F(AttentionBlockTest, CrossAttentionIsEq6AndGradientsAreRight) {
  const auto attention = Scrambled(std::make_shared<MultiHeadAttention>(AttentionOptions{6, 3, 12}));
  const at::Tensor x = Variable({2, 3, 6}), y = Variable({2, 4, 6});
  const at::Tensor result = attention->CrossAttention(x, y);
  for (int64_t n = 0; n < 2; ++n) {
    EXPECT_TRUE(Close(result[n],
                      ToTensor(reference::Attention(Weights(*attention), FromTensor(x[n]), FromTensor(y[n]),
                                                    3, [](int, int) { return true; })),
                      1e-12));
  }
  ExpectGradientsRight([&] { return attention->CrossAttention(x, y); },
                       With(*attention, {{"x", x}, {"y", y}}));
}

TEST_F(AttentionBlockTest, SingleKeyAttentionIsCrossAttentionToOneKey) {
  const auto attention = Scrambled(std::make_shared<MultiHeadAttention>(AttentionOptions{8, 2}));
  const at::Tensor x = Random({3, 5, 8}), y = Random({3, 1, 8});
  EXPECT_TRUE(
      Close(attention->SingleKeyAttention(y).expand({3, 5, 8}), attention->CrossAttention(x, y), 1e-14));
}

TEST_F(AttentionBlockTest, SingleQueryAttentionIsCrossAttentionOfOneQuery) {
  const auto attention = Scrambled(std::make_shared<MultiHeadAttention>(AttentionOptions{6, 3, 12}));
  const at::Tensor x = Variable({4, 6}), y = Variable({4, 5, 6});
  EXPECT_TRUE(Close(attention->SingleQueryAttention(x, y).unsqueeze(1),
                    attention->CrossAttention(x.unsqueeze(1), y), 1e-13));
  ExpectGradientsRight([&] { return attention->SingleQueryAttention(x, y); },
                       With(*attention, {{"x", x}, {"y", y}}));
}

// Both results as one sequence per actor, [N,L+1,d].
at::Tensor ActorContextAttention(MultiHeadAttention& attention, const at::Tensor& actors,
                                 const at::Tensor& context, const at::Tensor& clip_index) {
  const auto [to_actors, to_context] = attention.ActorContextAttention(actors, context, clip_index);
  return at::cat({to_actors.unsqueeze(1), to_context}, 1);
}

// Clips 0 and 3 have no actors.
TEST_F(AttentionBlockTest, ActorContextAttentionIsSelfAttentionOfEachSequence) {
  const auto attention = Scrambled(std::make_shared<MultiHeadAttention>(AttentionOptions{8, 2, 12}));
  const at::Tensor actors = Variable({4, 8}), context = Variable({4, 6, 8});
  const at::Tensor clip_index = at::tensor({1, 1, 1, 2}, at::kLong);
  EXPECT_TRUE(Close(ActorContextAttention(*attention, actors, context, clip_index),
                    attention->SelfAttention(ActorContextTokens(actors, context, clip_index)), 1e-13));
  ExpectGradientsRight([&] { return ActorContextAttention(*attention, actors, context, clip_index); },
                       With(*attention, {{"actors", actors}, {"context", context}}));
  // Nothing crosses clips.
  for (const at::Tensor& t : {actors, context}) t.mutable_grad().reset();
  ActorContextAttention(*attention, actors, context, clip_index)[3].sum().backward();
  EXPECT_EQ(actors.grad().slice(0, 0, 3).abs().max().item<double>(), 0);
  EXPECT_EQ(context.grad().slice(0, 0, 2).abs().max().item<double>(), 0);
  EXPECT_EQ(context.grad()[3].abs().max().item<double>(), 0);
  EXPECT_GT(context.grad()[2].abs().max().item<double>(), 0);
}

// Logits of 1e4 and more: each softmax is one key, actor's or context's, and no sum overflows.
TEST_F(AttentionBlockTest, SaturatedAttentionStaysRight) {
  const auto attention = Scrambled(std::make_shared<MultiHeadAttention>(AttentionOptions{8, 2}));
  for (const auto type : {at::kDouble, at::kFloat}) {
    attention->to(type);
    const at::Tensor clip_index = at::tensor({0, 0, 0, 1, 1}, at::kLong);
    at::Tensor actors = Random({5, 8}).to(type) * 150, context = Random({2, 6, 8}).to(type) * 150;
    actors[1] *= 100;   // an actor no query can overlook
    actors[2] *= 1e-3;  // one whose key is near b^K
    actors.set_requires_grad(true), context.set_requires_grad(true);
    const at::Tensor sequences = ActorContextTokens(actors, context, clip_index);
    const at::Tensor result = ActorContextAttention(*attention, actors, context, clip_index);
    const double tolerance = type == at::kDouble ? 1e-9 : 1e-5;
    for (int64_t n = 0; n < 5; ++n) {
      const Matrix tokens = FromTensor(sequences[n]);
      EXPECT_TRUE(Close(result[n],
                        ToTensor(reference::Attention(Weights(*attention), tokens, tokens, 2,
                                                      [](int, int) { return true; })),
                        tolerance))
          << n;
      const at::Tensor single =
          attention->SingleQueryAttention(actors.slice(0, n, n + 1), sequences.slice(0, n, n + 1));
      EXPECT_TRUE(
          Close(single,
                ToTensor(reference::Attention(Weights(*attention), FromTensor(actors.slice(0, n, n + 1)),
                                              tokens, 2, [](int, int) { return true; })),
                tolerance))
          << n;
    }
    result.sum().backward();
    EXPECT_TRUE(at::isfinite(actors.grad()).all().item<bool>());
    EXPECT_TRUE(at::isfinite(context.grad()).all().item<bool>());
  }
}

TEST_F(AttentionBlockTest, AttentionMatchesGolden) {
  MultiHeadAttention attention(AttentionOptions{64, 8});
  {
    const std::string prefix = "mha_self_masked/";
    LoadGoldenWeights(attention, Golden(), prefix);
    const at::Tensor x = Golden()[prefix + "in/x"].clone().set_requires_grad(true);
    const at::Tensor allowed = (Golden()[prefix + "in/mask"] == 0).view({2, 1, 1, 5});
    const at::Tensor out = attention.SelfAttention(x, allowed);
    EXPECT_TRUE(Close(out, Golden()[prefix + "out"], 2e-5));
    out.backward(Golden()[prefix + "gout"]);
    ExpectGoldenGradients(attention, {{"x", x}}, Golden(), prefix, 2e-5);
  }
  {
    attention.zero_grad();
    const std::string prefix = "mha_cross_q65_k1/";
    LoadGoldenWeights(attention, Golden(), prefix);
    const at::Tensor y = Golden()[prefix + "in/y"].clone().set_requires_grad(true);
    const at::Tensor out = attention.SingleKeyAttention(y).expand({3, 65, 64});
    EXPECT_TRUE(Close(out, Golden()[prefix + "out"], 2e-5));
    out.backward(Golden()[prefix + "gout"]);
    for (const char* name : {"in_proj_bias", "out_proj.weight", "out_proj.bias"}) {
      EXPECT_TRUE(Close(attention.named_parameters()[name].grad(), Golden()[prefix + "grad/" + name], 2e-5))
          << name;
    }
    EXPECT_TRUE(Close(y.grad(), Golden()[prefix + "grad/y"], 2e-5));
    // Ours is exactly 0 for W^Q and W^K, PyTorch's nearly.
    const at::Tensor gradient = attention.named_parameters()["in_proj_weight"].grad();
    EXPECT_TRUE(Close(gradient, Golden()[prefix + "grad/in_proj_weight"], 2e-5));
    EXPECT_EQ(gradient.slice(0, 0, 128).abs().max().item<float>(), 0);
  }
}

}  // namespace
}  // namespace mrsn

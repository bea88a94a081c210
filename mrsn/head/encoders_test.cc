// Eq. 1-5: token_embedder, actor_position, acre, aare, rse, mrse.
#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "mrsn/head/actor_position.h"
#include "mrsn/head/mrse.h"
#include "mrsn/head/token_embedder.h"
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

EncoderOptions Small(int64_t layers = 1) { return {8, 2, 12, layers}; }

class EncodersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    torch::manual_seed(3);
    at::set_num_threads(1);  // tensors this small only wait for each other
  }
};

// ---- Eq. 1

TEST_F(EncodersTest, AdaptivePoolingMatchesGolden) {
  for (const std::string size : {"16x22", "16x16", "4x4", "14x14", "23x16"}) {
    const at::Tensor in = Golden()["adaptive/" + size + "/in"];
    // An identity patch embedding (p = 1) shows the pooled map itself.
    TokenEmbedder embedder({/*channels=*/3, /*width=*/3, /*support_size=*/16, /*patch_size=*/1});
    at::NoGradGuard no_grad;
    auto parameters = embedder.named_parameters();
    parameters["patch.weight"].copy_(at::eye(3).view({3, 3, 1, 1}));
    parameters["patch.bias"].zero_();
    parameters["context_embedding"].zero_();
    const at::Tensor tokens = embedder.ContextTokens(in);  // [1,256,3]
    EXPECT_TRUE(
        Close(tokens.transpose(1, 2).reshape({1, 3, 16, 16}), Golden()["adaptive/" + size + "/out16"], 1e-6))
        << size;
  }
}

// Patches row by row, a patch vector ordered (C, p, p): Linear over hand-cut patches.
TEST_F(EncodersTest, PatchEmbeddingIsALinearMapOfRowMajorPatches) {
  const auto embedder = Scrambled(std::make_shared<TokenEmbedder>(
      TokenEmbedderOptions{/*channels=*/3, /*width=*/5, /*support_size=*/6, /*patch_size=*/2}));
  const at::Tensor features = Random({2, 3, 6, 6});  // pooling to 6 x 6 leaves it as it is
  const at::Tensor tokens = embedder->ContextTokens(features);
  ASSERT_EQ(tokens.sizes(), (at::IntArrayRef{2, 9, 5}));
  const auto parameters = embedder->named_parameters();
  for (int64_t clip = 0; clip < 2; ++clip) {
    for (int64_t i = 0; i < 9; ++i) {
      const int64_t y = i / 3 * 2, x = i % 3 * 2;
      const at::Tensor patch = features[clip].slice(1, y, y + 2).slice(2, x, x + 2).reshape({12});
      const at::Tensor expected = parameters["patch.weight"].reshape({5, 12}).mv(patch) +
                                  parameters["patch.bias"] + parameters["context_embedding"][i];
      EXPECT_TRUE(Close(tokens[clip][i], expected, 1e-12)) << clip << " " << i;
    }
  }
}

TEST_F(EncodersTest, ActorTokensPoolAsAsked) {
  const at::Tensor actors = Random({4, 3, 7, 7});
  for (const ActorToken kind : {ActorToken::kMax, ActorToken::kAverage, ActorToken::kFlatten}) {
    TokenEmbedderOptions options = {3, 5, 6, 2, 7, kind};
    const auto embedder = Scrambled(std::make_shared<TokenEmbedder>(options));
    const auto parameters = embedder->named_parameters();
    at::Tensor pooled = actors.reshape({4, 147});
    if (kind == ActorToken::kMax) pooled = actors.amax({2, 3});
    if (kind == ActorToken::kAverage) pooled = actors.sum({2, 3}) / 49;
    const at::Tensor expected = pooled.mm(parameters["actor.weight"].t()) + parameters["actor.bias"];
    EXPECT_TRUE(Close(embedder->ActorTokens(actors), expected, 1e-12));
    const at::Tensor variable = actors.clone().set_requires_grad(true);
    ExpectGradientsRight([&] { return embedder->ActorTokens(variable); },
                         {{"actors", variable}, {"weight", parameters["actor.weight"]}});
  }
}

TEST_F(EncodersTest, WithoutContextThereIsNothingToTrainForIt) {
  TokenEmbedderOptions options = {3, 5};
  options.context = false;
  EXPECT_EQ(TokenEmbedder(options).parameters().size(), 2);  // the actor's Linear
}

// ---- Eq. 3

TEST_F(EncodersTest, ActorCellMatchesGolden) {
  EXPECT_TRUE(at::equal(ActorCell(Golden()["cell/boxes"], 8), Golden()["cell/flat_0based"]));
}

TEST_F(EncodersTest, ActorCellAtTheEdges) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const struct {
    std::array<double, 4> box;
    int64_t cell;  // of the 8 x 8 grid
  } cases[] = {
      {{0, 0, 1, 1}, 3 * 8 + 3},          // centre 1/2: ceil(4) = 4, the lower cell of the two
      {{0, 0, 1.02, 1.02}, 4 * 8 + 4},    // just beyond
      {{0, 0, 0, 0}, 0},                  // ceil(0) = 0 would leave the grid
      {{1, 1, 1, 1}, 63},                 //
      {{0.9, 0, 1, 0.1}, 7},              // upper right: first row, last column
      {{0, 0.9, 0.1, 1}, 56},             // lower left
      {{-0.5, -0.5, 0.1, 0.1}, 0},        // centre outside
      {{1, 1, 1.5, 1.5}, 63},             //
      {{nan, nan, nan, nan}, 0},          //
      {{-inf, 0.3, -inf, 0.3}, 2 * 8},    //
      {{inf, 0.3, inf, 0.3}, 2 * 8 + 7},  //
  };
  for (const auto& [box, cell] : cases) {
    for (const auto type : {at::kFloat, at::kDouble}) {
      const at::Tensor boxes = at::tensor(at::ArrayRef<double>(box), type).view({1, 4});
      EXPECT_EQ(ActorCell(boxes, 8).item<int64_t>(), cell) << boxes;
    }
  }
}

TEST_F(EncodersTest, ActorPositionLooksUpItsCell) {
  ActorPosition position(4, 6);
  const at::Tensor boxes = at::tensor({0.3, 0.6, 0.4, 0.7, 0.9, 0.0, 1.0, 0.2}, at::kDouble).view({2, 4});
  const at::Tensor table = position.parameters()[0];
  // centres (.35, .65) -> i 2, j 3; (.95, .1) -> i 4, j 1
  EXPECT_TRUE(at::equal(position.Forward(boxes), at::stack({table[2 * 4 + 1], table[3]})));
}

// ---- Eq. 2

TEST_F(EncodersTest, AcreIsEq2) {
  const auto acre = Scrambled(std::make_shared<Acre>(Small(2)));
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

TEST_F(EncodersTest, AcreSharingContextProjectionsChangesNothing) {
  const auto acre = Scrambled(std::make_shared<Acre>(Small(2)));
  const at::Tensor actors = Variable({4, 8}), context = Variable({3, 6, 8});
  const at::Tensor clip_index = at::tensor({0, 0, 2, 2}, at::kLong);
  const at::Tensor tokens = ActorContextTokens(actors, context, clip_index);
  EXPECT_TRUE(at::equal(tokens[2][0], actors[2]));
  EXPECT_TRUE(at::equal(tokens[2].slice(0, 1), context[2]));
  EXPECT_TRUE(Close(acre->ForwardFromTokens(actors, context, clip_index), acre->Forward(tokens), 1e-13));
  ExpectGradientsRight([&] { return acre->ForwardFromTokens(actors, context, clip_index); },
                       With(*acre, {{"actors", actors}, {"context", context}}), 5);
}

TEST_F(EncodersTest, TwoAcreLayersMatchGolden) {
  const std::string prefix = "layer_paper_x2/";
  Acre acre({64, 8, 128, 2});
  LoadGoldenWeights(acre, Golden(), prefix);
  const at::Tensor x = Golden()[prefix + "in/x"].clone().set_requires_grad(true);
  const at::Tensor out = acre.Forward(x);
  EXPECT_TRUE(Close(out, Golden()[prefix + "out"], 2e-5));
  out.backward(Golden()[prefix + "gout"]);
  ExpectGoldenGradients(acre, {{"x", x}}, Golden(), prefix, 2e-5);
}

// ---- Eq. 4

TEST_F(EncodersTest, AareIsEq4ClipByClip) {
  const auto aare = Scrambled(std::make_shared<Aare>(Small(2)));
  const at::Tensor y = Variable({6, 8});
  const at::Tensor clips = at::tensor({0, 0, 0, 2, 3, 3}, at::kLong);
  const at::Tensor same_clip = SameClip(clips, clips);
  const at::Tensor result = aare->Forward(y, same_clip);
  for (const auto& [begin, end] : {std::pair(0, 3), std::pair(3, 4), std::pair(4, 6)}) {
    Matrix tokens = FromTensor(y.slice(0, begin, end));
    for (const char* layer : {"layer0.", "layer1."}) {
      tokens = reference::EncoderLayer(Weights(*aare).In(layer), tokens, 2);
    }
    EXPECT_TRUE(Close(result.slice(0, begin, end), ToTensor(tokens), 1e-12)) << begin;
  }
  ExpectGradientsRight([&] { return aare->Forward(y, same_clip); }, With(*aare, {{"y", y}}), 5);
}

TEST_F(EncodersTest, AareNothingCrossesClips) {
  const auto aare = Scrambled(std::make_shared<Aare>(Small(2)));
  const at::Tensor y = Variable({5, 8});
  const at::Tensor clips = at::tensor({0, 0, 1, 1, 1}, at::kLong);
  const at::Tensor result = aare->Forward(y, SameClip(clips, clips));
  result.slice(0, 2).sum().backward();
  EXPECT_EQ(y.grad().slice(0, 0, 2).abs().max().item<double>(), 0);
  EXPECT_GT(y.grad().slice(0, 2).abs().min().item<double>(), 0);
  // Whatever the other clip holds, not one bit changes.
  at::Tensor other = y.detach().clone();
  other.slice(0, 0, 2).fill_(1e6);
  EXPECT_TRUE(at::equal(aare->Forward(other, SameClip(clips, clips)).slice(0, 2), result.slice(0, 2)));
}

TEST_F(EncodersTest, AareDoesNotCareForTheOrderOfPersons) {
  const auto aare = Scrambled(std::make_shared<Aare>(Small(2)));
  const at::Tensor y = Random({4, 8}), clips = at::zeros({4}, at::kLong);
  const at::Tensor order = at::tensor({2, 0, 3, 1}, at::kLong);
  const at::Tensor same_clip = SameClip(clips, clips);
  EXPECT_TRUE(Close(aare->Forward(y.index_select(0, order), same_clip),
                    aare->Forward(y, same_clip).index_select(0, order), 1e-13));
}

// ---- Eq. 5

TEST_F(EncodersTest, RseIsEq5BothSidesFromTheStepBefore) {
  const auto rse = Scrambled(std::make_shared<Rse>(Small(2)));
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

TEST_F(EncodersTest, RseMatchesGolden) {
  const std::string prefix = "rse/";
  Rse rse({64, 8, 128, 1});
  LoadGoldenWeights(rse, Golden(), prefix);
  const at::Tensor x = Golden()[prefix + "in/x"].clone().set_requires_grad(true);
  const at::Tensor y = Golden()[prefix + "in/y"].clone().set_requires_grad(true);
  const auto [rx, ry] = rse.Forward(x, y.squeeze(1));
  EXPECT_TRUE(Close(rx, Golden()[prefix + "x"], 2e-5));
  EXPECT_TRUE(Close(ry.unsqueeze(1), Golden()[prefix + "y"], 2e-5));
  at::cat({rx, ry.unsqueeze(1)}, 1).backward(Golden()[prefix + "gout"]);
  ExpectGoldenGradients(rse, {{"x", x}, {"y", y}}, Golden(), prefix, 2e-5);
}

// ---- the block

TEST_F(EncodersTest, MrseLeavesOutWhatItIsTold) {
  const at::Tensor clips = at::tensor({0, 1}, at::kLong), same_clip = SameClip(clips, clips);
  const RelationTokens tokens = {at::randn({2, 8}), at::randn({2, 4, 8}), at::randn({2, 8})};
  Mrse acre({8, 2, 8, 1, 0, 0}), aare({8, 2, 8, 0, 1, 0});
  const Relations x_only = acre.ForwardFromTokens(tokens, clips, same_clip);
  EXPECT_TRUE(x_only.X.defined() && !x_only.Y.defined());
  const Relations y_only = aare.ForwardFromTokens(tokens, clips, same_clip);
  EXPECT_TRUE(!y_only.X.defined() && y_only.Y.defined());
  EXPECT_THROW(Mrse({8, 2, 8, 1, 0, 1}), c10::Error);
}

}  // namespace
}  // namespace mrsn

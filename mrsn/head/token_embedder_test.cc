// Eq. 1.
#include "mrsn/head/token_embedder.h"

#include <ATen/ATen.h>

#include <string>

#include "gtest/gtest.h"
#include "mrsn/testing/compare.h"
#include "mrsn/testing/golden_names.h"
#include "mrsn/testing/seeded_test.h"
#include "mrsn/testing/variables.h"

namespace mrsn {
namespace {

using TokenEmbedderTest = SeededTest;

TEST_F(TokenEmbedderTest, AdaptivePoolingMatchesGolden) {
  for (const std::string size : {"16x22", "16x16", "4x4", "14x14", "23x16"}) {
    const at::Tensor in = RelationsGolden()["adaptive/" + size + "/in"];
    // An identity patch embedding (p = 1) shows the pooled map itself.
    TokenEmbedder embedder({/*channels=*/3, /*width=*/3, /*support_size=*/16, /*patch_size=*/1});
    at::NoGradGuard no_grad;
    auto parameters = embedder.named_parameters();
    parameters["patch.weight"].copy_(at::eye(3).view({3, 3, 1, 1}));
    parameters["patch.bias"].zero_();
    parameters["context_embedding"].zero_();
    const at::Tensor tokens = embedder.ContextTokens(in);  // [1,256,3]
    EXPECT_TRUE(Close(tokens.transpose(1, 2).reshape({1, 3, 16, 16}),
                      RelationsGolden()["adaptive/" + size + "/out16"], 1e-6))
        << size;
  }
}

// Patches row by row, a patch vector ordered (C, p, p): Linear over hand-cut patches.
TEST_F(TokenEmbedderTest, PatchEmbeddingIsALinearMapOfRowMajorPatches) {
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

TEST_F(TokenEmbedderTest, ActorTokensPoolAsAsked) {
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

TEST_F(TokenEmbedderTest, WithoutContextThereIsNothingToTrainForIt) {
  TokenEmbedderOptions options = {3, 5};
  options.context = false;
  EXPECT_EQ(TokenEmbedder(options).parameters().size(), 2);  // the actor's Linear
}

}  // namespace
}  // namespace mrsn

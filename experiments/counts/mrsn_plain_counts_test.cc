// Expected numbers were counted by fvcore on a PyTorch statement of the equations
// (C = 2304 channels, 80 classes, 16 x 16 support map), or are worked out beside them.
#include "experiments/counts/mrsn_plain_counts.h"

#include "gtest/gtest.h"

namespace mrsn::experiments {
namespace {

MrsnShape Shape(int64_t width, int64_t ffn_ratio, int64_t layers, int64_t mlp_layers) {
  MrsnShape shape;
  shape.channels = shape.actor_inputs = 2304;
  shape.width = width;
  shape.hidden = ffn_ratio * width;
  shape.acre_layers = shape.aare_layers = shape.rse_layers = layers;
  shape.mlp_layers = mlp_layers;
  return shape;
}

void ExpectCounts(const MrsnShape& shape, int64_t parameters, int64_t macs_of_3, int64_t macs_of_5) {
  EXPECT_EQ(MrsnParameters(shape), parameters);
  EXPECT_EQ(MrsnPlainMacs(shape, 3, 0), macs_of_3);
  EXPECT_EQ(MrsnPlainMacs(shape, 5, 0), macs_of_5);
}

TEST(MrsnPlainCountsTest, ShortTermHeadsAsCountedByFvcore) {
  ExpectCounts(Shape(512, 1, 1, 1), 12400208, 942139392, 1368915968);
  ExpectCounts(Shape(512, 4, 1, 2), 19402832, 1567107072, 2410528768);
  ExpectCounts(Shape(1024, 1, 1, 1), 37383248, 3129987072, 4814012416);
  ExpectCounts(Shape(1024, 1, 1, 2), 40366160, 3138932736, 4828921856);
  ExpectCounts(Shape(1024, 1, 2, 1), 62590032, 5648179200, 9011019776);
}

TEST(MrsnPlainCountsTest, LongTermSupport) {
  MrsnShape shape = Shape(512, 1, 1, 1);
  const int64_t short_term_macs = MrsnPlainMacs(shape, 3, 63);
  // 12dc + 3c + 72d more: with c = 3d, as printed, 9437184 + 4608 + 36864
  shape.inner_width = 1536;
  EXPECT_EQ(MrsnParameters(shape), 12400208 + 9478656);
  // with c = 1024, as in Sec. 4.2, 6291456 + 3072 + 36864
  shape.inner_width = 1024;
  EXPECT_EQ(MrsnParameters(shape), 12400208 + 6331392);
  // 6 * 3 * 512 * 1024 + 6 * 63 * 512 * 1024 + 2 * 3 * 63 * 1024 = 9437184 + 198180864 + 387072
  EXPECT_EQ(MrsnPlainMacs(shape, 3, 63) - short_term_macs, 208005120);
  EXPECT_EQ(MrsnPlainMacs(shape, 3, 0) - short_term_macs, 9437184);  // the persons' own part
}

// Small enough for sums by hand: d = 4, f = 8, C = 3, K = 5, L = 4 tokens of 2 x 2, N = 2.
// A layer has (64 + 16) + (64 + 8 + 4) + 16 = 172 parameters, and 64 + 64 = 128 products a token.
MrsnShape Tiny(int64_t acre, int64_t aare, int64_t rse) {
  MrsnShape shape = Shape(4, 2, 1, 1);
  shape.channels = shape.actor_inputs = 3;
  shape.classes = 5;
  shape.context_tokens = 4;
  shape.acre_layers = acre;
  shape.aare_layers = aare;
  shape.rse_layers = rse;
  return shape;
}

TEST(MrsnPlainCountsTest, EncodersLeftOut) {
  // Actor 3*4 + 4 = 16, patches 4*3*4 + 4 = 52, E 5*4 = 20; MLP 8*5 + 5 = 45.
  EXPECT_EQ(MrsnParameters(Tiny(1, 0, 0)), 16 + 52 + 20 + 172 + 45);
  // Actors 2*12, patches 4*48, 2 persons * (5 tokens * 128 + 2*25*4), MLP 2*40.
  EXPECT_EQ(MrsnPlainMacs(Tiny(1, 0, 0), 2, 0), 24 + 192 + 2 * (640 + 200) + 80);
  // Only AARE: no patches and no E; cells 4*4, MLP 4*5 + 5.
  EXPECT_EQ(MrsnParameters(Tiny(0, 1, 0)), 16 + 16 + 172 + 25);
  EXPECT_EQ(MrsnPlainMacs(Tiny(0, 1, 0), 2, 0), 24 + (2 * 128 + 2 * 4 * 4) + 40);
  // Both, with twelve inputs of the classifier.
  EXPECT_EQ(MrsnParameters(Tiny(1, 1, 0)), 16 + 52 + 20 + 16 + 2 * 172 + 65);
  EXPECT_EQ(MrsnPlainMacs(Tiny(1, 1, 0), 2, 0), 24 + 192 + 1680 + 288 + 120);
  // RSE has two layers' weights and, per person, 6 tokens' products and 4*5*4 for attention.
  EXPECT_EQ(MrsnParameters(Tiny(1, 1, 1)), 16 + 52 + 20 + 16 + 4 * 172 + 65);
  EXPECT_EQ(MrsnPlainMacs(Tiny(1, 1, 1), 2, 0), 24 + 192 + 1680 + 288 + 2 * (768 + 80) + 120);
}

TEST(MrsnPlainCountsTest, FlattenedActorsAndTwoLayers) {
  MrsnShape shape = Tiny(0, 1, 0);
  shape.actor_inputs = 49 * 3;
  EXPECT_EQ(MrsnParameters(shape) - MrsnParameters(Tiny(0, 1, 0)), 48 * 3 * 4);
  EXPECT_EQ(MrsnPlainMacs(shape, 2, 0) - MrsnPlainMacs(Tiny(0, 1, 0), 2, 0), 2 * 48 * 3 * 4);
  shape = Tiny(0, 1, 0);
  shape.mlp_layers = 2;  // Linear(4, 4) before Linear(4, 5)
  EXPECT_EQ(MrsnParameters(shape) - MrsnParameters(Tiny(0, 1, 0)), 20);
  EXPECT_EQ(MrsnPlainMacs(shape, 2, 0) - MrsnPlainMacs(Tiny(0, 1, 0), 2, 0), 32);
}

}  // namespace
}  // namespace mrsn::experiments

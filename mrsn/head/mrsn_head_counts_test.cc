// Expected numbers were counted by fvcore on a PyTorch statement of the equations
// (C = 2304 channels, 80 classes, 16 x 16 support map), or are worked out beside them.
#include "mrsn/head/mrsn_head_counts.h"

#include "gtest/gtest.h"

namespace mrsn {
namespace {

MrsnHeadOptions Head(int64_t width, int64_t ffn_ratio, int64_t layers, int64_t mlp_layers) {
  MrsnHeadOptions head;
  head.channels = 2304;
  head.mrse.width = width;
  head.mrse.hidden = ffn_ratio * width;
  head.mrse.acre_layers = head.mrse.aare_layers = head.mrse.rse_layers = layers;
  head.mlp_layers = mlp_layers;
  return head;
}

void ExpectCounts(const MrsnHeadOptions& head, int64_t parameters, int64_t macs_of_3, int64_t macs_of_5) {
  EXPECT_EQ(MrsnHeadParameters(head), parameters);
  EXPECT_EQ(MrsnHeadPlainMacs(head, 3, 0), macs_of_3);
  EXPECT_EQ(MrsnHeadPlainMacs(head, 5, 0), macs_of_5);
}

TEST(MrsnHeadCountsTest, ShortTermHeadsAsCountedByFvcore) {
  ExpectCounts(Head(512, 1, 1, 1), 12400208, 942139392, 1368915968);
  ExpectCounts(Head(512, 4, 1, 2), 19402832, 1567107072, 2410528768);
  ExpectCounts(Head(1024, 1, 1, 1), 37383248, 3129987072, 4814012416);
  ExpectCounts(Head(1024, 1, 1, 2), 40366160, 3138932736, 4828921856);
  ExpectCounts(Head(1024, 1, 2, 1), 62590032, 5648179200, 9011019776);
}

TEST(MrsnHeadCountsTest, LongTermSupport) {
  MrsnHeadOptions head = Head(512, 1, 1, 1);
  const int64_t short_term_macs = MrsnHeadPlainMacs(head, 3, 63);
  // 12dc + 3c + 72d more: with c = 3d, as printed, 9437184 + 4608 + 36864
  head.long_term.emplace().inner_width = 1536;
  EXPECT_EQ(MrsnHeadParameters(head), 12400208 + 9478656);
  // with c = 1024, as in Sec. 4.2, 6291456 + 3072 + 36864
  head.long_term->inner_width = 1024;
  EXPECT_EQ(MrsnHeadParameters(head), 12400208 + 6331392);
  // 6 * 3 * 512 * 1024 + 6 * 63 * 512 * 1024 + 2 * 3 * 63 * 1024 = 9437184 + 198180864 + 387072
  EXPECT_EQ(MrsnHeadPlainMacs(head, 3, 63) - short_term_macs, 208005120);
  EXPECT_EQ(MrsnHeadPlainMacs(head, 3, 0) - short_term_macs, 9437184);  // the persons' own part
}

// Small enough for sums by hand: d = 4, f = 8, C = 3, K = 5, L = 4 tokens of 2 x 2, N = 2.
// A layer has (64 + 16) + (64 + 8 + 4) + 16 = 172 parameters, and 64 + 64 = 128 products a token.
MrsnHeadOptions Tiny(int64_t acre, int64_t aare, int64_t rse) {
  MrsnHeadOptions head = Head(4, 2, 1, 1);
  head.channels = 3;
  head.classes = 5;
  head.support_size = 4;
  head.mrse.acre_layers = acre;
  head.mrse.aare_layers = aare;
  head.mrse.rse_layers = rse;
  return head;
}

TEST(MrsnHeadCountsTest, EncodersLeftOut) {
  // Actor 3*4 + 4 = 16, patches 4*3*4 + 4 = 52, E 5*4 = 20; MLP 8*5 + 5 = 45.
  EXPECT_EQ(MrsnHeadParameters(Tiny(1, 0, 0)), 16 + 52 + 20 + 172 + 45);
  // Actors 2*12, patches 4*48, 2 persons * (5 tokens * 128 + 2*25*4), MLP 2*40.
  EXPECT_EQ(MrsnHeadPlainMacs(Tiny(1, 0, 0), 2, 0), 24 + 192 + 2 * (640 + 200) + 80);
  // Only AARE: no patches and no E; cells 4*4, MLP 4*5 + 5.
  EXPECT_EQ(MrsnHeadParameters(Tiny(0, 1, 0)), 16 + 16 + 172 + 25);
  EXPECT_EQ(MrsnHeadPlainMacs(Tiny(0, 1, 0), 2, 0), 24 + (2 * 128 + 2 * 4 * 4) + 40);
  // Both, with twelve inputs of the classifier.
  EXPECT_EQ(MrsnHeadParameters(Tiny(1, 1, 0)), 16 + 52 + 20 + 16 + 2 * 172 + 65);
  EXPECT_EQ(MrsnHeadPlainMacs(Tiny(1, 1, 0), 2, 0), 24 + 192 + 1680 + 288 + 120);
  // RSE has two layers' weights and, per person, 6 tokens' products and 4*5*4 for attention.
  EXPECT_EQ(MrsnHeadParameters(Tiny(1, 1, 1)), 16 + 52 + 20 + 16 + 4 * 172 + 65);
  EXPECT_EQ(MrsnHeadPlainMacs(Tiny(1, 1, 1), 2, 0), 24 + 192 + 1680 + 288 + 2 * (768 + 80) + 120);
}

TEST(MrsnHeadCountsTest, FlattenedActorsAndTwoLayers) {
  MrsnHeadOptions head = Tiny(0, 1, 0);
  head.actor_token = ActorToken::kFlatten;  // 49 * 3 inputs
  EXPECT_EQ(MrsnHeadParameters(head) - MrsnHeadParameters(Tiny(0, 1, 0)), 48 * 3 * 4);
  EXPECT_EQ(MrsnHeadPlainMacs(head, 2, 0) - MrsnHeadPlainMacs(Tiny(0, 1, 0), 2, 0), 2 * 48 * 3 * 4);
  head = Tiny(0, 1, 0);
  head.mlp_layers = 2;  // Linear(4, 4) before Linear(4, 5)
  EXPECT_EQ(MrsnHeadParameters(head) - MrsnHeadParameters(Tiny(0, 1, 0)), 20);
  EXPECT_EQ(MrsnHeadPlainMacs(head, 2, 0) - MrsnHeadPlainMacs(Tiny(0, 1, 0), 2, 0), 32);
}

TEST(MrsnHeadCountsTest, BlocksHaveEncodersOfTheirOwn) {
  MrsnHeadOptions head = Tiny(1, 1, 1);
  head.blocks = 2;
  EXPECT_EQ(MrsnHeadParameters(head) - MrsnHeadParameters(Tiny(1, 1, 1)), 4 * 172);
  EXPECT_EQ(MrsnHeadPlainMacs(head, 2, 0) - MrsnHeadPlainMacs(Tiny(1, 1, 1), 2, 0),
            1680 + 288 + 2 * (768 + 80));
}

}  // namespace
}  // namespace mrsn

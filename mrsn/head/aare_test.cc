// Eq. 4 against plain loops.
#include "mrsn/head/aare.h"

#include <ATen/ATen.h>

#include <memory>

#include "mrsn/head/clip_mask.h"
#include "mrsn/testing/relation_test.h"

namespace mrsn {
namespace {

using AareTest = SeededTest;

TEST_F(AareTest, AareIsEq4ClipByClip) {
  const auto aare = Scrambled(std::make_shared<Aare>(SmallEncoder(2)));
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

TEST_F(AareTest, AareNothingCrossesClips) {
  const auto aare = Scrambled(std::make_shared<Aare>(SmallEncoder(2)));
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

TEST_F(AareTest, AareDoesNotCareForTheOrderOfPersons) {
  const auto aare = Scrambled(std::make_shared<Aare>(SmallEncoder(2)));
  const at::Tensor y = Random({4, 8}), clips = at::zeros({4}, at::kLong);
  const at::Tensor order = at::tensor({2, 0, 3, 1}, at::kLong);
  const at::Tensor same_clip = SameClip(clips, clips);
  EXPECT_TRUE(Close(aare->Forward(y.index_select(0, order), same_clip),
                    aare->Forward(y, same_clip).index_select(0, order), 1e-13));
}

}  // namespace
}  // namespace mrsn

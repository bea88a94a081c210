// Encoders may be left out of a block.
#include "mrsn/head/mrse.h"

#include <ATen/ATen.h>

#include "gtest/gtest.h"
#include "mrsn/head/clip_mask.h"
#include "mrsn/testing/seeded_test.h"

namespace mrsn {
namespace {

using MrseTest = SeededTest;

TEST_F(MrseTest, MrseLeavesOutWhatItIsTold) {
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

// The first row of the ablation.
#include "mrsn/head/linear_head.h"

#include <ATen/ATen.h>

#include "gtest/gtest.h"
#include "mrsn/testing/compare.h"
#include "mrsn/testing/seeded_test.h"

namespace mrsn {
namespace {

constexpr int64_t kChannels = 6, kClasses = 5;

using LinearHeadTest = SeededTest;

TEST_F(LinearHeadTest, LinearHeadClassifiesTheMaxPooledRoi) {
  LinearHead head({kChannels, kClasses, 0.5});
  head.eval();
  HeadInput input;
  input.actors = at::randn({3, kChannels, 7, 7});
  const HeadOutput output = head.Forward(input);
  EXPECT_TRUE(at::equal(output.G, input.actors.amax({2, 3})));
  const auto parameters = head.named_parameters();
  EXPECT_TRUE(Close(output.logits,
                    output.G.mm(parameters["classifier.weight"].t()) + parameters["classifier.bias"], 1e-6));
  EXPECT_EQ(head.needs().relation_width, kChannels);
  EXPECT_FALSE(head.needs().bank.has_value());
}

}  // namespace
}  // namespace mrsn

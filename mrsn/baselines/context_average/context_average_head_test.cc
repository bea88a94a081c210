#include "mrsn/baselines/context_average/context_average_head.h"

#include <ATen/ATen.h>

#include "gtest/gtest.h"
#include "mrsn/baselines/testing/head_test.h"
#include "mrsn/baselines/testing/reference.h"

namespace mrsn::baselines {
namespace {

constexpr int64_t kChannels = 3;

using ContextAverageHeadTest = HeadTest;

std::shared_ptr<ContextAverageHead> Head() {
  return Scrambled(std::make_shared<ContextAverageHead>(ContextAverageHeadOptions{kChannels, 4, 0.5}));
}

TEST_F(ContextAverageHeadTest, EqualsThePlainLoops) {
  const auto head = Head();
  const HeadInput input = RandomHeadInput(kChannels, 1);
  Matrix logits;
  for (int64_t n = 0; n < input.clip_index.size(0); ++n) {
    Row g = MaxOver(input.actors[n]);
    for (const Row& cells : FromTensor(input.features[input.clip_index[n].item<int64_t>()].flatten(1))) {
      double sum = 0;
      for (double cell : cells) sum += cell / static_cast<double>(cells.size());
      g.push_back(sum);
    }
    logits.push_back(Linear(Weights(*head).In("classifier."), g));
  }
  const HeadOutput output = head->Forward(input);
  EXPECT_TRUE(Close(output.logits, ToTensor(logits), 1e-12));
  EXPECT_EQ(output.G.size(1), head->needs().relation_width);
}

TEST_F(ContextAverageHeadTest, GradientsAreRight) {
  ExpectHeadGradientsRight(*Head(), RandomHeadInput(kChannels, 1), /*bank=*/false, /*objects=*/false);
}

TEST_F(ContextAverageHeadTest, ClipsDoNotInfluenceEachOtherNorDoesOrder) {
  const HeadInput input = RandomHeadInput(kChannels, 1);
  const auto head = Head();
  ExpectClipsDoNotInfluenceEachOther(*head, input);
  ExpectOrderDoesNotMatter(*head, input);
}

}  // namespace
}  // namespace mrsn::baselines

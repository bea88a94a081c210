#include "mrsn/onnx/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mrsn::onnx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kValues[] = {1, 2, 3, 4, 5, 6};

Weights Two() {
  return Weights({{"head.weight", {{2, 3}, kValues}}, {"head.bias", {{2}, absl::MakeConstSpan(kValues, 2)}}});
}

TEST(WeightsTest, GivesShapesAndValues) {
  Weights weights = Two();
  EXPECT_THAT(weights.Get("head.weight", 2).shape, ElementsAre(2, 3));
  EXPECT_EQ(weights.Get("head.weight", 2).size(1), 3);
  EXPECT_THAT(weights.Get("head.bias", 1).values, ElementsAre(1, 2));
  EXPECT_TRUE(weights.Finish().ok());
}

TEST(WeightsTest, AWeightThatNobodyReadsIsAnError) {
  Weights weights = Two();
  weights.Get("head.bias", 1);
  EXPECT_TRUE(weights.Has("head.weight"));
  EXPECT_THAT(std::string(weights.Finish().message()),
              HasSubstr("the weight head.weight takes no part in the graph"));
}

TEST(WeightsTest, AMissingWeightIsAnErrorWithAStandIn) {
  Weights weights = Two();
  EXPECT_THAT(weights.Get("head.norm", 1).values, ElementsAre(1));
  EXPECT_THAT(std::string(weights.Finish().message()),
              HasSubstr("expected a weight head.norm of 1 dimensions, the model has none"));
}

TEST(WeightsTest, AWeightOfAnotherRankIsAnError) {
  Weights weights = Two();
  EXPECT_THAT(weights.Get("head.weight", 5).shape, ElementsAre(1, 1, 1, 1, 1));
  EXPECT_THAT(std::string(weights.Finish().message()),
              HasSubstr("expected a weight head.weight of 5 dimensions, the model has [2,3]"));
}

}  // namespace
}  // namespace mrsn::onnx

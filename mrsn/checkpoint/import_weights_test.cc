#include "mrsn/checkpoint/import_weights.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ImportWeightsTest, HalfPrecisionIsWidenedAndIntegersAreNotWeights) {
  const auto mapper = ChooseNameMap("native", {}, false, "f");
  const NamedTensors model = {{"backbone.a", at::zeros({2})}};
  const auto half =
      ImportWeights({{"backbone.a", at::tensor({1.5, -2.0}).to(at::kHalf)}}, "f", *mapper, {}, model);
  ASSERT_TRUE(half.ok()) << half.status();
  EXPECT_TRUE(at::equal(model[0].second, at::tensor({1.5f, -2.0f})));
  const auto integers = ImportWeights({{"backbone.a", at::tensor({1, 2})}}, "f", *mapper, {}, model);
  EXPECT_THAT(std::string(integers.status().message()),
              HasSubstr("int32 [2] in the file, float32 [2] in the model"));
}

TEST(ImportWeightsTest, NumbersThatAreNotFiniteAreErrorsAndChangeNothing) {
  const auto mapper = ChooseNameMap("native", {}, false, "f");
  const NamedTensors model = {{"backbone.a", at::zeros({2})}, {"backbone.b", at::zeros({3})}};
  const at::Tensor one = at::ones({2}), nan = at::tensor({0.f, NAN, INFINITY});
  const auto report =
      ImportWeights({{"backbone.a", one}, {"model.backbone.b", nan}}, "f", *mapper, {}, model);
  EXPECT_THAT(std::string(report.status().message()),
              HasSubstr("f: 'model.backbone.b' has 2 of 3 values that are not finite numbers"));
  EXPECT_EQ(model[0].second.abs().max().item<float>(), 0);
  // Too large for the model's numbers.
  const at::Tensor large = at::tensor({1e300, 0.0});
  EXPECT_FALSE(
      ImportWeights({{"backbone.a", large}, {"backbone.b", at::ones({3})}}, "f", *mapper, {}, model).ok());
}

TEST(ImportWeightsTest, SizesOfOneDoNotCount) {
  const auto mapper = ChooseNameMap("alphaction", {}, true, "f");
  const NamedTensors model = {{"head.hidden0.weight", at::zeros({2, 3})},
                              {"head.memory0.key_position", at::zeros({3, 2})}};
  const at::Tensor values = at::arange(6).to(at::kFloat);
  const std::string head = "roi_heads.action.feature_extractor.";
  const auto report =
      ImportWeights({{head + "fc1.weight", values.view({2, 3, 1, 1, 1})},
                     {head + "ia_structure.M_block_1.temporal_position_k", values.view({3, 1, 2, 1, 1, 1})}},
                    "f", *mapper, {}, model);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(at::equal(model[0].second, values.view({2, 3})));
  EXPECT_TRUE(at::equal(model[1].second, values.view({3, 2})));
  const auto turned = ImportWeights({{head + "fc1.weight", values.view({3, 2, 1, 1, 1})}}, "f", *mapper, {},
                                    {{"head.hidden0.weight", at::zeros({2, 3})}});
  EXPECT_THAT(std::string(turned.status().message()),
              HasSubstr("float32 [3,2,1,1,1] in the file, float32 [2,3] in the model"));
}

TEST(ImportWeightsTest, ATensorThatTheFrameworkLacksIsZero) {
  const auto mapper = ChooseNameMap("acar", {}, true, "f");
  const NamedTensors model = {{"head.classifier.weight", at::zeros({2, 3})},
                              {"head.classifier.bias", at::ones({2})}};
  const auto report =
      ImportWeights({{"head.module.fc.weight", at::full({2, 3}, 7.f)}}, "f", *mapper, {}, model);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->zeroed, ElementsAre("head.classifier.bias"));
  EXPECT_THAT(report->Text(), HasSubstr("  set to 0 head.classifier.bias\n"));
  EXPECT_EQ(model[1].second.abs().max().item<float>(), 0);
  // Others' models have one.
  const auto mmaction2 = ChooseNameMap("mmaction2", {}, true, "f");
  const auto missing = ImportWeights({{"roi_head.bbox_head.fc_cls.weight", at::full({2, 3}, 7.f)}}, "f",
                                     *mmaction2, {}, model);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("1 missing (first: head.classifier.bias)"));
}

TEST(ImportWeightsTest, OldFilesLackTheCounterAndTwinsAreErrors) {
  const auto mapper = ChooseNameMap("native", {}, false, "f");
  const NamedTensors model = {{"backbone.a", at::zeros({1})},
                              {"backbone.norm.num_batches_tracked", at::zeros({}, at::kLong)}};
  const auto old = ImportWeights({{"backbone.a", at::ones({1})}}, "f", *mapper, {}, model);
  ASSERT_TRUE(old.ok()) << old.status();
  EXPECT_TRUE(old->complete());
  const auto twins = ImportWeights({{"backbone.a", at::ones({1})}, {"model.backbone.a", at::ones({1})}}, "f",
                                   *mapper, {}, model);
  EXPECT_THAT(std::string(twins.status().message()),
              HasSubstr("f: both 'backbone.a' and 'model.backbone.a' are native's name for 'backbone.a'"));
}

}  // namespace
}  // namespace mrsn

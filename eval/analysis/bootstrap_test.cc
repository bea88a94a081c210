#include "eval/analysis/bootstrap.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/analysis/small_evaluators.h"
#include "gtest/gtest.h"

namespace mrsn::eval {
namespace {

TEST(BootstrapTest, DrawsVideosWithReplacement) {
  const FrameMapEvaluator evaluator = TwoVideos(false);
  const MatchedFrames matched = evaluator.Match();
  const std::vector<std::string> videos = EvaluatedVideos(evaluator, matched);
  EXPECT_EQ(videos, (std::vector<std::string>{"a", "b"}));
  BootstrapOptions options;
  options.samples = 4000;
  const Resampled samples = Resample(evaluator, matched, videos, options);
  // aa: 1, ab and ba: 1/2, bb: 0. Four standard deviations of a share of 1/4 are 0.027.
  int count[3] = {};
  for (const auto& value : samples.frame_map) {
    ASSERT_TRUE(*value == 0 || *value == 0.5 || *value == 1);
    ++count[static_cast<int>(*value * 2)];
  }
  EXPECT_NEAR(count[0] / 4000.0, 0.25, 0.03);
  EXPECT_NEAR(count[1] / 4000.0, 0.5, 0.035);
  EXPECT_EQ(*ConfidenceInterval95(samples.frame_map), std::make_pair(0.0, 1.0));
  options.num_threads = 3;
  EXPECT_EQ(Resample(evaluator, matched, videos, options).frame_map, samples.frame_map);
  options.seed = 2;
  EXPECT_NE(Resample(evaluator, matched, videos, options).frame_map, samples.frame_map);
}

TEST(BootstrapTest, PercentilesAreLinear) {
  std::vector<std::optional<double>> samples;
  for (int i = 100; i >= 0; --i) samples.push_back(i / 100.0);
  samples.push_back(std::nullopt);
  EXPECT_NEAR(ConfidenceInterval95(samples)->first, 0.025, 1e-15);
  EXPECT_NEAR(ConfidenceInterval95(samples)->second, 0.975, 1e-15);
  EXPECT_FALSE(ConfidenceInterval95({std::nullopt}).has_value());
}

}  // namespace
}  // namespace mrsn::eval

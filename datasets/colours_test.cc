#include "datasets/colours.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using Other = ColourChange::Other;

cv::Vec3b Changed(cv::Vec3b pixel, const ColourChange& change) {
  return ChangeColours(cv::Mat(1, 1, CV_8UC3, cv::Scalar(pixel)), change).at<cv::Vec3b>(0, 0);
}

ColourChange Blends(std::vector<ColourChange::Blend> blends) {
  ColourChange change;
  change.blends = std::move(blends);
  return change;
}

void ExpectNear(const cv::Vec3b& found, const std::array<double, 3>& expected) {
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(found[c], expected[c], 1) << "colour " << c;
}

TEST(ColoursTest, NoChangeIsTheFrameItself) {
  const cv::Mat frame(2, 2, CV_8UC3, cv::Scalar(1, 2, 3));
  EXPECT_EQ(ChangeColours(frame, {}).data, frame.data);
}

// Pure red is hue 0, saturation 255, value 255. 30 steps of two degrees are yellow; hue turns around.
TEST(ColoursTest, HueTurnsSaturationAndValueAreClipped) {
  ColourChange change;
  change.hue = 30;
  ExpectNear(Changed({255, 0, 0}, change), {255, 255, 0});
  change.hue = -30;
  ExpectNear(Changed({255, 0, 0}, change), {255, 0, 255});
  ColourChange pale;
  pale.saturation = -51;  // 204 of 255: green and blue rise to a fifth
  ExpectNear(Changed({255, 0, 0}, pale), {255, 51, 51});
  pale.saturation = 40;
  ExpectNear(Changed({255, 0, 0}, pale), {255, 0, 0});
  ColourChange dark;
  dark.value = -55;
  ExpectNear(Changed({255, 0, 0}, dark), {200, 0, 0});
  ExpectNear(Changed({50, 50, 50}, dark), {0, 0, 0});
}

// gray(200, 100, 50) = 59.8 + 58.7 + 5.7 = 124.2.
TEST(ColoursTest, BlendsByHand) {
  ExpectNear(Changed({200, 100, 50}, Blends({{Other::kBlack, 1.2}})), {240, 120, 60});
  ExpectNear(Changed({250, 100, 50}, Blends({{Other::kBlack, 1.4}})), {255, 140, 70});
  ExpectNear(Changed({200, 100, 50}, Blends({{Other::kGray, 0.5}})), {162.1, 112.1, 87.1});
  ExpectNear(Changed({200, 100, 50}, Blends({{Other::kBlack, 0.5}, {Other::kGray, 1.5}})),
             {1.5 * 100 - 0.5 * 62.1, 1.5 * 50 - 0.5 * 62.1, 1.5 * 25 - 0.5 * 62.1});
}

// Contrast moves towards the mean of the whole frame's gray: of (200, 100, 50) and black it is 62.1. After
// half the brightness the mean is half.
TEST(ColoursTest, ContrastIsAroundTheFramesMeanGray) {
  cv::Mat frame(1, 2, CV_8UC3, cv::Scalar(0, 0, 0));
  frame.at<cv::Vec3b>(0, 0) = {200, 100, 50};
  const cv::Mat flat = ChangeColours(frame, Blends({{Other::kMeanGray, 0.5}}));
  ExpectNear(flat.at<cv::Vec3b>(0, 0), {100 + 31.05, 50 + 31.05, 25 + 31.05});
  ExpectNear(flat.at<cv::Vec3b>(0, 1), {31.05, 31.05, 31.05});
  const cv::Mat dark = ChangeColours(frame, Blends({{Other::kBlack, 0.5}, {Other::kMeanGray, 0.5}}));
  ExpectNear(dark.at<cv::Vec3b>(0, 1), {15.5, 15.5, 15.5});
}

TEST(ColoursTest, AddedColoursComeLast) {
  ColourChange change = Blends({{Other::kBlack, 0.5}});
  change.added = {10, -20, 200};
  ExpectNear(Changed({100, 100, 200}, change), {60, 30, 255});
}

TEST(ColoursTest, HsvJitterCoversItsRangesOnly) {
  std::set<int> hues, saturations, values;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    SplitMix64 random(seed);
    const ColourChange change = DrawHsvJitter(&random);
    hues.insert(change.hue);
    saturations.insert(change.saturation);
    values.insert(change.value);
  }
  EXPECT_EQ(hues.size(), 21);
  EXPECT_EQ(*hues.begin(), -10);
  EXPECT_EQ(saturations.size(), 53);
  EXPECT_EQ(*values.rbegin(), 26);
}

TEST(ColoursTest, ColourJitterDrawsOrderAndAmounts) {
  std::set<Other> firsts;
  double low = 2, high = 0, sum = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    SplitMix64 random(seed);
    const ColourChange change = DrawColourJitter(0.4, 0, &random);
    ASSERT_EQ(change.blends.size(), 3);
    firsts.insert(change.blends[0].other);
    EXPECT_EQ(change.added, (std::array<double, 3>{}));
    for (const auto& blend : change.blends) {
      low = std::min(low, blend.alpha);
      high = std::max(high, blend.alpha);
      sum += blend.alpha;
    }
  }
  EXPECT_EQ(firsts.size(), 3);
  EXPECT_GE(low, 0.6);
  EXPECT_LT(low, 0.61);
  EXPECT_LE(high, 1.4);
  EXPECT_GT(high, 1.39);
  EXPECT_NEAR(sum / 3000, 1, 0.02);
}

// The variance of red is (255 * 0.1)^2 (0.5675^2 0.225^2 + 0.7192^2 0.224^2 + 0.4009^2 0.229^2) = 32.96; of
// green 33.70 and of blue 32.99 in the same way. Their covariances are below 0.5.
TEST(ColoursTest, PcaJitterHasItsDeviation) {
  std::array<double, 3> squares = {0, 0, 0};
  double product = 0;
  const int draws = 20000;
  for (uint64_t seed = 0; seed < draws; ++seed) {
    SplitMix64 random(seed);
    const ColourChange change = DrawColourJitter(0, 0.1, &random);
    EXPECT_TRUE(change.blends.empty());
    for (int c = 0; c < 3; ++c) squares[c] += change.added[c] * change.added[c];
    product += change.added[0] * change.added[1];
  }
  EXPECT_NEAR(squares[0] / draws, 32.96, 1.3);  // four standard deviations
  EXPECT_NEAR(squares[1] / draws, 33.70, 1.3);
  EXPECT_NEAR(squares[2] / draws, 32.99, 1.3);
  EXPECT_NEAR(product / draws, -0.38, 1);
}

}  // namespace
}  // namespace mrsn::datasets

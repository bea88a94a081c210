#include "datasets/flow/flow_estimator.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

constexpr int kWidth = 160, kHeight = 120, kBorder = 20;

// A texture without edges, so that it can be sampled at any point: the picture moved by (dx, dy).
cv::Mat Texture(float dx, float dy) {
  cv::Mat rgb(kHeight, kWidth, CV_8UC3);
  for (int row = 0; row < kHeight; ++row) {
    for (int column = 0; column < kWidth; ++column) {
      const float x = column - dx, y = row - dy;
      const float value =
          128 + 35 * std::sin(0.23f * x + 0.11f * y) + 35 * std::sin(0.31f * y - 0.09f * x + 1) +
          25 * std::sin(0.47f * x - 0.35f * y + 2) + 25 * std::sin(0.05f * x * std::cos(0.03f * y));
      const auto grey = static_cast<uint8_t>(std::lround(value));
      rgb.at<cv::Vec3b>(row, column) = cv::Vec3b(grey, grey, grey);
    }
  }
  return rgb;
}

std::unique_ptr<FlowEstimator> Make(FlowMethod method) {
  auto estimator = MakeFlowEstimator(method);
  EXPECT_TRUE(estimator.ok()) << estimator.status();
  return *std::move(estimator);
}

void ExpectShift(FlowEstimator& estimator, float dx, float dy) {
  const auto flow = estimator.Estimate(Texture(0, 0), Texture(dx, dy));
  ASSERT_TRUE(flow.ok()) << flow.status();
  ASSERT_EQ(flow->type(), CV_32FC2);
  float worst = 0;
  for (int y = kBorder; y < kHeight - kBorder; ++y) {
    for (int x = kBorder; x < kWidth - kBorder; ++x) {
      const auto motion = flow->at<cv::Vec2f>(y, x);
      worst = std::max({worst, std::abs(motion[0] - dx), std::abs(motion[1] - dy)});
    }
  }
  EXPECT_LT(worst, 0.1f) << "shift " << dx << " " << dy;
}

TEST(FlowEstimatorTest, DisFindsShiftsOfBothSigns) {
  const auto dis = Make(FlowMethod::kDis);
  ExpectShift(*dis, 0, 0);
  ExpectShift(*dis, 3, -2);
  ExpectShift(*dis, -4, 3);
  ExpectShift(*dis, 1.5f, 0.25f);
  ExpectShift(*dis, -0.5f, -2.75f);
}

TEST(FlowEstimatorTest, Tvl1WhereItIsBuiltIn) {
  auto tvl1 = MakeFlowEstimator(FlowMethod::kTvl1);
  if (!tvl1.ok()) {
    EXPECT_TRUE(absl::IsUnimplemented(tvl1.status()));
    EXPECT_THAT(std::string(tvl1.status().message()), HasSubstr("--config=tvl1"));
    return;
  }
  ExpectShift(**tvl1, 3, -2);
  ExpectShift(**tvl1, -1.5f, 0.25f);
}

// Mirrored frames give the mirrored flow with the sign of x turned; DIS's patches lie on a grid that
// begins at the left, so the values agree but for its errors.
TEST(FlowEstimatorTest, MirroredFramesGiveMirroredFlow) {
  const auto dis = Make(FlowMethod::kDis);
  const cv::Mat from = Texture(0, 0), to = Texture(2.5f, -1);
  cv::Mat mirrored_from, mirrored_to;
  cv::flip(from, mirrored_from, 1);
  cv::flip(to, mirrored_to, 1);
  const cv::Mat flow = *dis->Estimate(from, to), mirrored = *dis->Estimate(mirrored_from, mirrored_to);
  for (int y = kBorder; y < kHeight - kBorder; ++y) {
    for (int x = kBorder; x < kWidth - kBorder; ++x) {
      const auto a = flow.at<cv::Vec2f>(y, x), b = mirrored.at<cv::Vec2f>(y, kWidth - 1 - x);
      ASSERT_NEAR(a[0], -b[0], 0.1);
      ASSERT_NEAR(a[1], b[1], 0.1);
    }
  }
}

TEST(FlowEstimatorTest, TheSameFramesGiveTheSameBytes) {
  const cv::Mat from = Texture(0, 0), to = Texture(3, 1);
  const auto dis = Make(FlowMethod::kDis);
  const cv::Mat first = *dis->Estimate(from, to);
  EXPECT_TRUE(dis->Estimate(to, from).ok());  // what an estimator did before leaves no trace
  EXPECT_EQ(cv::norm(first, *dis->Estimate(from, to), cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(first, *Make(FlowMethod::kDis)->Estimate(from, to), cv::NORM_INF), 0);
}

TEST(FlowEstimatorTest, FramesItCannotCompare) {
  const auto dis = Make(FlowMethod::kDis);
  EXPECT_THAT(std::string(dis->Estimate(Texture(0, 0), cv::Mat::zeros(8, 8, CV_8UC3)).status().message()),
              HasSubstr("frames of 160x120 and 8x8"));
  const cv::Mat tiny = cv::Mat::zeros(4, 4, CV_8UC3);
  EXPECT_THAT(std::string(dis->Estimate(tiny, tiny).status().message()), HasSubstr("no flow of 4x4 frames"));
}

}  // namespace
}  // namespace mrsn::datasets

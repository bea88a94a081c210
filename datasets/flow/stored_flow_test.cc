#include "datasets/flow/stored_flow.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

TEST(EncodeFlowTest, ValuesOfTheFormula) {
  cv::Mat flow(1, 4, CV_32FC2);
  flow.at<cv::Vec2f>(0) = {0, 20};       // (0 + 1) 127.5 rounds up; (1 + 1) 127.5
  flow.at<cv::Vec2f>(1) = {-20, 10};     // 0; 1.5 * 127.5 = 191.25
  flow.at<cv::Vec2f>(2) = {35, -1e9f};   // beyond the bound
  flow.at<cv::Vec2f>(3) = {-3, 0.125f};  // 0.85 * 127.5 = 108.375; 1.00625 * 127.5 = 128.297
  const cv::Mat rgb = EncodeFlow(flow);
  EXPECT_EQ(rgb.at<cv::Vec3b>(0), cv::Vec3b(128, 255, 0));
  EXPECT_EQ(rgb.at<cv::Vec3b>(1), cv::Vec3b(0, 191, 0));
  EXPECT_EQ(rgb.at<cv::Vec3b>(2), cv::Vec3b(255, 0, 0));
  EXPECT_EQ(rgb.at<cv::Vec3b>(3), cv::Vec3b(108, 128, 0));
}

TEST(EncodeFlowTest, RoundTripIsWithinHalfAStep) {
  cv::Mat flow(1, 4001, CV_32FC2);
  for (int i = 0; i <= 4000; ++i) flow.at<cv::Vec2f>(i) = {i / 100.0f - 20, 20 - i / 100.0f};
  const cv::Mat back = DecodeFlow(EncodeFlow(flow));
  for (int i = 0; i <= 4000; ++i) {
    for (int c = 0; c < 2; ++c) {
      const float expected = flow.at<cv::Vec2f>(i)[c] / kFlowBound;
      ASSERT_NEAR(back.at<cv::Vec2f>(i)[c], expected, 0.5f / 127.5f + 1e-6f) << i;
    }
  }
  EXPECT_EQ(back.at<cv::Vec2f>(0), cv::Vec2f(-1, 1));
}

TEST(FlowMethodTest, Names) {
  EXPECT_EQ(*FlowMethodNamed("dis"), FlowMethod::kDis);
  EXPECT_EQ(*FlowMethodNamed("tvl1"), FlowMethod::kTvl1);
  EXPECT_THAT(std::string(FlowMethodNamed("TVL1").status().message()),
              HasSubstr("\"TVL1\" is no flow method; allowed: dis, tvl1"));
  EXPECT_EQ(FlowFolder("a/v.avi", FlowMethod::kTvl1), "a/v.avi.flow_tvl1");
}

// A folder of three frames whose flow is everywhere (4, -6) pixels.
class FlowFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "stored_flow_test." +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    WriteInfo("method: \"dis\" bound: 20 opencv: \"4.6.0\" frames: 3 width: 8 height: 6");
    for (int i = 0; i < 3; ++i) WriteFlow(i, {8, 6});
  }
  void WriteInfo(const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(folder_ + "/flow.textproto", text).ok());
  }
  void WriteFlow(int number, cv::Size size) {
    // BGR: 153 = (4 / 20 + 1) 127.5 in the last channel, 89 = (-6 / 20 + 1) 127.5 rounded.
    ASSERT_TRUE(
        cv::imwrite(FlowImages(folder_).PathOf(number), cv::Mat(size, CV_8UC3, cv::Scalar(0, 89, 153))));
  }
  std::string Error() { return std::string(CheckFlowFolder(folder_, FlowMethod::kDis).status().message()); }
  std::string folder_;
};

TEST_F(FlowFolderTest, Complete) {
  const auto info = CheckFlowFolder(folder_, FlowMethod::kDis);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->frames(), 3);
  EXPECT_EQ(info->opencv(), "4.6.0");
  const cv::Mat flow = *ReadFlow(folder_, *info, 2);
  EXPECT_EQ(flow.size(), cv::Size(8, 6));
  EXPECT_NEAR(flow.at<cv::Vec2f>(5, 7)[0], 0.2, 1e-6);
  EXPECT_NEAR(flow.at<cv::Vec2f>(5, 7)[1], 89 / 127.5 - 1, 1e-6);
}

TEST_F(FlowFolderTest, IncompleteFolders) {
  std::filesystem::remove(folder_ + "/000002.png");
  EXPECT_THAT(Error(), HasSubstr("/000002.png: missing, of 3 frames"));
  WriteFlow(1, {8, 6});
  WriteFlow(3, {8, 6});
  EXPECT_THAT(Error(), HasSubstr("4 PNGs, flow.textproto says 3"));
  std::filesystem::remove(folder_ + "/flow.textproto");
  EXPECT_THAT(Error(), HasSubstr("/flow.textproto: cannot open"));
  std::filesystem::remove_all(folder_);
  EXPECT_THAT(Error(), HasSubstr(folder_ + ": no such folder"));
}

TEST_F(FlowFolderTest, OtherMethodsBoundsAndSizes) {
  const absl::Status tvl1 = CheckFlowFolder(folder_, FlowMethod::kTvl1).status();
  EXPECT_THAT(std::string(tvl1.message()), HasSubstr("flow.textproto: method is \"dis\", expected \"tvl1\""));
  WriteInfo("method: \"dis\" bound: 15 frames: 3 width: 8 height: 6");
  EXPECT_THAT(Error(), HasSubstr("flow.textproto: bound is 15, expected 20"));
  WriteInfo("method: \"dis\" bound: 20 frames: 3 width: 0 height: 6");
  EXPECT_THAT(Error(), HasSubstr("3 frames of 0x6; frames, width and height must be 1 or more"));
  WriteInfo("method: \"dis\"\nbund: 20");
  EXPECT_THAT(Error(), HasSubstr("flow.textproto:2:5: "));
}

TEST_F(FlowFolderTest, BadImages) {
  const FlowInfo info = *CheckFlowFolder(folder_, FlowMethod::kDis);
  WriteFlow(0, {8, 7});
  EXPECT_THAT(std::string(ReadFlow(folder_, info, 0).status().message()),
              HasSubstr("/000001.png: is 8x7, expected 8x6"));
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/000002.png", "\x89PNG").ok());
  EXPECT_THAT(std::string(ReadFlow(folder_, info, 1).status().message()), HasSubstr("/000002.png: not an"));
}

}  // namespace
}  // namespace mrsn::datasets

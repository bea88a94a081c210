#include "datasets/flow/compute_flow.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

constexpr int kSize = 64;

// Blurred noise, moved to the right by 2 pixels a frame and up by 1.
cv::Mat Frame(int number) {
  cv::RNG random(5);
  cv::Mat large(2 * kSize, 2 * kSize, CV_8UC3);
  random.fill(large, cv::RNG::UNIFORM, 0, 256);
  cv::GaussianBlur(large, large, {0, 0}, 2);
  cv::normalize(large, large, 0, 255, cv::NORM_MINMAX);
  return large(cv::Rect(kSize / 2 - 2 * number, kSize / 2 + number, kSize, kSize)).clone();
}

class ComputeFlowTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "compute_flow_test." +
              ::testing::UnitTest::GetInstance()->current_test_info()->name() + "/";
    std::filesystem::remove_all(folder_);
    ASSERT_TRUE(MakeFolders(folder_).ok());
    dis_ = *MakeFlowEstimator(FlowMethod::kDis);
  }
  std::string WriteVideo(const std::string& name, int frames) {
    cv::VideoWriter writer(folder_ + name, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('F', 'F', 'V', '1'), 4,
                           {kSize, kSize});
    for (int i = 0; i < frames; ++i) writer.write(Frame(i));
    return folder_ + name;
  }
  absl::StatusOr<bool> Compute(const std::string& video) {
    return ComputeFlow(MediaAt(video), FlowMethod::kDis, *dis_, [this] { ++frames_; });
  }
  std::string folder_;
  std::unique_ptr<FlowEstimator> dis_;
  int frames_ = 0;
};

TEST_F(ComputeFlowTest, OnePngAFrameWithTheMotionToTheNext) {
  const std::string video = WriteVideo("a.avi", 5);
  const auto computed = Compute(video);
  ASSERT_TRUE(computed.ok()) << computed.status();
  EXPECT_TRUE(*computed);
  EXPECT_EQ(frames_, 5);
  const std::string folder = FlowFolder(video, FlowMethod::kDis);
  const auto info = CheckFlowFolder(folder, FlowMethod::kDis);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->frames(), 5);
  EXPECT_EQ(info->width(), kSize);
  EXPECT_EQ(info->opencv(), CV_VERSION);
  for (int i = 0; i < 5; ++i) {
    const cv::Mat flow = *ReadFlow(folder, *info, i);
    const cv::Scalar mean = cv::mean(flow(cv::Rect(16, 16, 32, 32)));
    EXPECT_NEAR(mean[0] * kFlowBound, 2, 0.1) << i;
    EXPECT_NEAR(mean[1] * kFlowBound, -1, 0.1) << i;
  }
  EXPECT_EQ(*ReadFile(folder + "/000005.png"), *ReadFile(folder + "/000004.png"));
  EXPECT_NE(*ReadFile(folder + "/000004.png"), *ReadFile(folder + "/000003.png"));
  // Red is x: the file's own bytes, which OpenCV gives as B, G, R.
  const cv::Mat bgr = cv::imread(folder + "/000001.png");
  EXPECT_NEAR(bgr.at<cv::Vec3b>(32, 32)[2], (2 / 20.0 + 1) * 127.5, 1);
  EXPECT_NEAR(bgr.at<cv::Vec3b>(32, 32)[1], (-1 / 20.0 + 1) * 127.5, 1);
  EXPECT_EQ(bgr.at<cv::Vec3b>(32, 32)[0], 0);
  EXPECT_FALSE(FileExists(folder + ".tmp"));
}

TEST_F(ComputeFlowTest, AVideoOfOneFrameStandsStill) {
  const std::string video = WriteVideo("one.avi", 1);
  ASSERT_TRUE(Compute(video).ok());
  const std::string folder = FlowFolder(video, FlowMethod::kDis);
  const FlowInfo info = *CheckFlowFolder(folder, FlowMethod::kDis);
  EXPECT_EQ(info.frames(), 1);
  EXPECT_LE(cv::norm(*ReadFlow(folder, info, 0), cv::NORM_INF), 0.5 / 127.5 + 1e-6);
}

TEST_F(ComputeFlowTest, AFolderOfFramesGivesWhatTheVideoGives) {
  const std::string video = WriteVideo("a.avi", 4), frames = folder_ + "a";
  ASSERT_TRUE(MakeFolders(frames).ok());
  for (int i = 0; i < 4; ++i) {
    // PNG bytes under the name of a JPEG: OpenCV goes by the contents, and nothing is lost.
    std::vector<uchar> png;
    cv::imencode(".png", Frame(i), png);
    ASSERT_TRUE(
        WriteFileAtomically(JpegFolder(frames).PathOf(i), {reinterpret_cast<char*>(png.data()), png.size()})
            .ok());
  }
  ASSERT_TRUE(Compute(video).ok());
  ASSERT_TRUE(Compute(frames).ok());
  for (const std::string name : {"/000001.png", "/000004.png", "/flow.textproto"}) {
    EXPECT_EQ(*ReadFile(FlowFolder(frames, FlowMethod::kDis) + name),
              *ReadFile(FlowFolder(video, FlowMethod::kDis) + name));
  }
}

TEST_F(ComputeFlowTest, SkipsWhatIsCompleteAndReplacesWhatIsNot) {
  const std::string video = WriteVideo("a.avi", 3), folder = FlowFolder(video, FlowMethod::kDis);
  // The leftovers of a killed run are not the flow folder; the flow is written anew.
  ASSERT_TRUE(WriteFileAtomically(folder + ".tmp/000001.png", "half").ok());
  ASSERT_TRUE(WriteFileAtomically(folder + ".tmp/000009.png", "half").ok());
  EXPECT_TRUE(absl::IsNotFound(CheckFlowFolder(folder, FlowMethod::kDis).status()));
  EXPECT_TRUE(*Compute(video));
  EXPECT_FALSE(FileExists(folder + ".tmp"));
  const std::string first = *ReadFile(folder + "/000001.png");
  EXPECT_FALSE(*Compute(video));
  EXPECT_EQ(frames_, 3);

  std::filesystem::remove(folder + "/000002.png");
  EXPECT_TRUE(*Compute(video));
  EXPECT_TRUE(CheckFlowFolder(folder, FlowMethod::kDis).ok());
  EXPECT_EQ(*ReadFile(folder + "/000001.png"), first);
}

TEST_F(ComputeFlowTest, AnotherProcessIsLeftAlone) {
  const std::string video = WriteVideo("a.avi", 3), folder = FlowFolder(video, FlowMethod::kDis);
  ASSERT_TRUE(WriteFileAtomically(folder + ".tmp/000001.png", "being written").ok());
  const int descriptor = ::open((folder + ".tmp").c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(descriptor, LOCK_EX),
            0);  // locks of two descriptors exclude each other in one process, too
  const absl::Status status = Compute(video).status();
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("a.avi.flow_dis.tmp: another process is writing it"));
  EXPECT_EQ(*ReadFile(folder + ".tmp/000001.png"), "being written");
  ::close(descriptor);
  EXPECT_TRUE(*Compute(video));
}

TEST_F(ComputeFlowTest, OneBadVideoDoesNotStopTheOthers) {
  const std::string a = WriteVideo("a.avi", 3), b = WriteVideo("b.avi", 4), text = folder_ + "text.avi";
  ASSERT_TRUE(WriteFileAtomically(text, "no video").ok());
  ASSERT_TRUE(Compute(b).ok());
  const auto report = ComputeFlows({MediaAt(text), MediaAt(a), MediaAt(b), MediaAt(folder_ + "none.avi")},
                                   FlowMethod::kDis, 2);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->computed, 1);
  EXPECT_EQ(report->skipped, 1);
  ASSERT_EQ(report->failed.size(), 2);
  EXPECT_EQ(report->failed[0].first, text);
  EXPECT_THAT(std::string(report->failed[0].second.message()), HasSubstr("text.avi: not a video"));
  EXPECT_THAT(std::string(report->failed[1].second.message()), HasSubstr("none.avi: no such video"));
  EXPECT_TRUE(CheckFlowFolder(FlowFolder(a, FlowMethod::kDis), FlowMethod::kDis).ok());
}

TEST_F(ComputeFlowTest, AnErrorOnTheWayLeavesNothingBehind) {
  const std::string frames = folder_ + "a";
  ASSERT_TRUE(MakeFolders(frames).ok());
  for (int i = 0; i < 3; ++i) cv::imwrite(JpegFolder(frames).PathOf(i), Frame(i));
  const std::string last = JpegFolder(frames).PathOf(2);
  ASSERT_TRUE(WriteFileAtomically(last, "no picture").ok());
  EXPECT_THAT(std::string(Compute(frames).status().message()), HasSubstr("/a: " + last + ": not an image"));
  cv::imwrite(last, cv::Mat::zeros(20, 30, CV_8UC3));
  EXPECT_THAT(std::string(Compute(frames).status().message()),
              HasSubstr("/a: frame 2: frames of 64x64 and 30x20"));
  EXPECT_FALSE(FileExists(frames + ".flow_dis"));
  EXPECT_FALSE(FileExists(frames + ".flow_dis.tmp"));
}

}  // namespace
}  // namespace mrsn::datasets

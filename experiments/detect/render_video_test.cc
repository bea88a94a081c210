#include "experiments/detect/render_video.h"

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

std::string Folder(const std::string& name) {
  const std::string root = ::testing::TempDir() + "/render_video_" + name;
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  return root;
}

// A grey video of 25 frames a second, and one person from second 1 on, who walks to the right.
DetectedVideo Video(const std::string& folder, cv::Size size, int frames) {
  DetectedVideo video;
  video.name = "grey";
  video.path = folder + "/grey.avi";
  cv::VideoWriter writer(video.path, cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 25, size);
  EXPECT_TRUE(writer.isOpened());
  for (int i = 0; i < frames; ++i) writer.write(cv::Mat(size, CV_8UC3, cv::Scalar::all(100)));
  writer.release();
  video.width = size.width;
  video.height = size.height;
  video.frames_per_second = 25;
  video.frames = frames;
  for (int second = 0; second * 25 < frames; ++second) {
    DetectedKeyframe& keyframe = video.keyframes.emplace_back();
    keyframe.seconds = second;
    keyframe.frame = 25 * second;
    const float x = 0.1f + 0.2f * static_cast<float>(second);
    if (second > 0) keyframe.persons.push_back({{x, 0.3f, x + 0.2f, 0.9f}, 1, 1, {0.75f}});
  }
  return video;
}

RenderOptions Options(const std::string& folder) {
  RenderOptions options;
  options.stem = folder + "/out";
  options.title = "grey, random:0";
  options.classes = {{1, "walk", ""}};
  return options;
}

bool IsGrey(const cv::Mat& picture) {
  return cv::norm(picture, cv::Mat(picture.size(), CV_8UC3, cv::Scalar::all(100)), cv::NORM_INF) < 30;
}

TEST(RenderVideoTest, EveryFrameIsThereWithItsPersons) {
  const std::string folder = Folder("whole");
  const auto codec = RenderVideo(Video(folder, {321, 241}, 80), Options(folder));
  ASSERT_TRUE(codec.ok()) << codec.status();
  EXPECT_THAT(*codec, AnyOf("H.264", "MPEG-4"));
  cv::VideoCapture written(folder + "/out.mp4");
  ASSERT_TRUE(written.isOpened());
  EXPECT_NEAR(written.get(cv::CAP_PROP_FPS), 25, 0.01);
  cv::Mat frame;
  int count = 0;
  for (; written.read(frame); ++count) {
    ASSERT_EQ(frame.size(), cv::Size(320, 240));
    // The first key frame has nobody: the track appears in the middle of the way to the second one.
    EXPECT_EQ(IsGrey(frame), count < 13) << count;
    // The right edge of the box at second 2 and 3.
    if (count == 50) {
      EXPECT_FALSE(IsGrey(frame(cv::Rect(218, 150, 12, 10))));
    }
    if (count == 75) {
      EXPECT_TRUE(IsGrey(frame(cv::Rect(195, 150, 12, 10))));
    }
  }
  EXPECT_EQ(count, 80);
  const cv::Mat sheet = cv::imread(folder + "/out.png");
  EXPECT_GT(sheet.cols, 800);  // three key frames with persons in two columns
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 3);  // nothing temporary
}

TEST(RenderVideoTest, SmallVideosAreEnlarged) {
  const std::string folder = Folder("small");
  ASSERT_TRUE(RenderVideo(Video(folder, {64, 64}, 30), Options(folder)).ok());
  cv::VideoCapture written(folder + "/out.mp4");
  EXPECT_EQ(written.get(cv::CAP_PROP_FRAME_HEIGHT), 256);
}

TEST(RenderVideoTest, ErrorsNameTheFile) {
  const std::string folder = Folder("errors");
  const DetectedVideo video = Video(folder, {320, 240}, 5);
  RenderOptions options = Options(folder + "/nowhere");
  EXPECT_THAT(std::string(RenderVideo(video, options).status().message()), HasSubstr("/nowhere/out.mp4: "));
  std::filesystem::remove(video.path);
  EXPECT_THAT(std::string(RenderVideo(video, Options(folder)).status().message()),
              HasSubstr("grey.avi: no such video"));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace
}  // namespace mrsn::experiments

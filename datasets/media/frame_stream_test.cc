#include "datasets/media/frame_stream.h"

#include <filesystem>
#include <vector>

#include "datasets/media/numbered_video.h"
#include "datasets/media/turned_video.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

std::string Folder(const std::string& name) {
  const std::string root = ::testing::TempDir() + "/frame_stream_" + name;
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  return root;
}

TEST(FrameStream, VideoFileGivesNumbersAndTimes) {
  const std::string path = Folder("file") + "/a.avi";
  WriteNumberedVideo(path, 40, 25);
  const auto stream = FrameStream::Open(path, 0);
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_NEAR((*stream)->rate(), 25, 1e-6);
  EXPECT_EQ((*stream)->stated(), 40);
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(*(*stream)->Advance());
    EXPECT_EQ((*stream)->index(), i);
    EXPECT_NEAR((*stream)->seconds(), i / 25.0, 1e-6);
    const auto frame = (*stream)->Frame();
    ASSERT_TRUE(frame.ok());
    EXPECT_EQ(NumberOf(*frame), i);
  }
  EXPECT_FALSE(*(*stream)->Advance());
}

TEST(FrameStream, CutFileIsAnError) {
  const std::string folder = Folder("cut");
  WriteNumberedVideo(folder + "/a.avi", 60, 25);
  const std::string whole = *ReadFile(folder + "/a.avi");
  ASSERT_TRUE(WriteFileAtomically(folder + "/cut.avi", whole.substr(0, whole.size() / 2)).ok());
  const auto stream = FrameStream::Open(folder + "/cut.avi", 0);
  ASSERT_TRUE(stream.ok()) << stream.status();
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) more = (*stream)->Advance();
  EXPECT_THAT(std::string(more.status().message()), HasSubstr("cut.avi: breaks off after"));
}

TEST(FrameStream, TurnedVideosAreUpright) {
  const std::string folder = Folder("turned"), plain = folder + "/plain.mp4";
  cv::VideoWriter writer(plain, cv::VideoWriter::fourcc('a', 'v', 'c', '1'), 25, {128, 64});
  for (int i = 0; i < 3; ++i) writer.write(NumberedFrame(1000 + i));
  writer.release();
  const std::string bytes = *ReadFile(plain);
  for (const cv::RotateFlags rotation :
       {cv::ROTATE_90_CLOCKWISE, cv::ROTATE_180, cv::ROTATE_90_COUNTERCLOCKWISE}) {
    const std::string path = folder + "/turned.mp4";
    ASSERT_TRUE(WriteFileAtomically(path, TurnedMp4(bytes, rotation)).ok());
    const auto lying = FrameStream::Open(plain, 0), turned = FrameStream::Open(path, 0);
    ASSERT_TRUE(turned.ok()) << turned.status();
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(*(*lying)->Advance() && *(*turned)->Advance());
      cv::Mat expected;
      cv::rotate(*(*lying)->Frame(), expected, rotation);
      const cv::Mat found = *(*turned)->Frame();
      ASSERT_EQ(found.size(), expected.size());
      EXPECT_EQ(cv::norm(found, expected, cv::NORM_INF), 0) << rotation;
    }
  }
}

TEST(FrameStream, FolderKeepsTheTimesAroundAHole) {
  const std::string folder = Folder("folder");
  for (const int number : {1, 2, 4}) {
    cv::imwrite(folder + "/v_00000" + std::to_string(number) + ".png", NumberedFrame(number));
  }
  const auto stream = FrameStream::Open(folder, 30);
  ASSERT_TRUE(stream.ok()) << stream.status();
  std::vector<double> times;
  std::vector<int> numbers;
  while (*(*stream)->Advance()) {
    times.push_back((*stream)->seconds() * 30);
    numbers.push_back(NumberOf(*(*stream)->Frame()));
  }
  EXPECT_EQ(times, (std::vector<double>{0, 1, 3}));
  EXPECT_EQ(numbers, (std::vector<int>{1, 2, 4}));
}

TEST(FrameStream, ErrorsNameTheFile) {
  const std::string folder = Folder("errors");
  ASSERT_TRUE(WriteFileAtomically(folder + "/bad.mp4", "no video").ok());
  std::filesystem::create_directories(folder + "/empty");
  EXPECT_THAT(std::string(FrameStream::Open(folder + "/none.mp4", 0).status().message()),
              HasSubstr("none.mp4: no such video"));
  EXPECT_THAT(
      std::string(FrameStream::Open(folder + "/bad.mp4", 0).status().message()),
      HasSubstr("bad.mp4: not a video FFmpeg can read: it is a text file that begins with 'no video'"));
  EXPECT_THAT(std::string(FrameStream::Open(folder + "/empty", 30).status().message()),
              HasSubstr("empty: no frame in this folder"));
  EXPECT_THAT(std::string(FrameStream::Open(folder + "/empty", 0).status().message()),
              HasSubstr("the rate of a folder of frames is not known"));
}

}  // namespace
}  // namespace mrsn::datasets

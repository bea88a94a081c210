#include "datasets/video_frames.h"

#include <filesystem>

#include "datasets/pixels/row_kernels.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

// An empty folder for the running test.
std::string Folder() {
  const std::string folder = ::testing::TempDir() + "video_frames_test." +
                             ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(MakeFolders(folder).ok());
  return folder;
}

// All of one colour, which JPEG keeps within a unit.
void WriteJpeg(const std::string& path, int red, int green, int blue, cv::Size size = {32, 24}) {
  ASSERT_TRUE(cv::imwrite(path, cv::Mat(size, CV_8UC3, cv::Scalar(blue, green, red)),
                          {cv::IMWRITE_JPEG_QUALITY, 100}));
}

std::string Error(const std::string& path) { return std::string(ReadImage(path).status().message()); }

TEST(VideoFramesTest, AJpegFolderIsNumberedFromOne) {
  const std::string folder = Folder() + "/-5KQ66BBWC4";
  ASSERT_TRUE(MakeFolders(folder).ok());
  for (int i = 0; i < 5; ++i) WriteJpeg(JpegFolder(folder).PathOf(i), 40 * i, 10, 200);
  EXPECT_TRUE(FileExists(folder + "/-5KQ66BBWC4_000001.jpg"));
  EXPECT_TRUE(FileExists(folder + "/-5KQ66BBWC4_000005.jpg"));
  const auto frames = OpenFrames(MediaAt(folder));
  ASSERT_TRUE(frames.ok()) << frames.status();
  ASSERT_EQ(frames->count, 5);
  for (int i = 0; i < 5; ++i) {
    const cv::Mat frame = *frames->ReadOne(i);
    EXPECT_EQ(frame.size(), cv::Size(32, 24));
    const auto pixel = frame.at<cv::Vec3b>(12, 16);
    EXPECT_NEAR(pixel[0], 40 * i, 2);
    EXPECT_NEAR(pixel[1], 10, 2);
    EXPECT_NEAR(pixel[2], 200, 2);
  }
  std::filesystem::remove(folder + "/-5KQ66BBWC4_000003.jpg");
  EXPECT_THAT(std::string(frames->ReadOne(2).status().message()), HasSubstr("-5KQ66BBWC4_000003.jpg"));
}

TEST(VideoFramesTest, FramesOfTwoSizesAreAnError) {
  const std::string folder = Folder() + "/mixed";
  ASSERT_TRUE(MakeFolders(folder).ok());
  WriteJpeg(JpegFolder(folder).PathOf(0), 1, 2, 3, {32, 24});
  WriteJpeg(JpegFolder(folder).PathOf(1), 1, 2, 3, {24, 32});
  const auto frames = OpenFrames(MediaAt(folder));
  ASSERT_TRUE(frames.ok()) << frames.status();
  const auto one = frames->Read({1, 1});
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(one->size(), 2);
  EXPECT_THAT(std::string(frames->Read({0, 1}).status().message()),
              HasSubstr("mixed_000002.jpg: the image is 24x32, "));
}

TEST(VideoFramesTest, OpensVideoFilesToo) {
  const std::string path = Folder() + "/a.avi";
  {
    cv::VideoWriter writer(path, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('F', 'F', 'V', '1'), 4, {16, 16});
    for (int i = 0; i < 3; ++i) writer.write(cv::Mat(16, 16, CV_8UC3, cv::Scalar(200, 0, i)));
  }
  const auto frames = OpenFrames(MediaAt(path));
  ASSERT_TRUE(frames.ok()) << frames.status();
  ASSERT_EQ(frames->count, 3);
  EXPECT_EQ(frames->ReadOne(2)->at<cv::Vec3b>(3, 3), cv::Vec3b(2, 0, 200));
}

TEST(VideoFramesTest, NothingThere) {
  const std::string folder = Folder();
  EXPECT_TRUE(absl::IsNotFound(OpenFrames(MediaAt(folder + "/none.avi")).status()));
  const absl::Status empty = OpenFrames(MediaAt(folder)).status();
  EXPECT_TRUE(absl::IsNotFound(empty));
  EXPECT_THAT(std::string(empty.message()), HasSubstr("_000001.jpg: no such frame"));
}

// Pixels as OpenCV decodes them, for every way of storing colours, and turned by no camera's note. Sides that
// are odd, fill no register or no block of the format; values that leave the range of bytes.
TEST(ReadImageTest, JpegsEqualOpenCvs) {
  const std::string path = Folder() + "/a.jpg";
  for (const cv::Size size : {cv::Size(53, 37), cv::Size(52, 36), cv::Size(6, 2), cv::Size(4, 4),
                              cv::Size(130, 66), cv::Size(64, 48), cv::Size(2, 50)}) {
    cv::Mat noise(size, CV_8UC3), image, grey;
    cv::randu(noise, 0, 255);
    cv::GaussianBlur(noise, image, {3, 3}, 0);
    cv::cvtColor(image, grey, cv::COLOR_BGR2GRAY);
    for (const cv::Mat& written : {noise, image, grey}) {
      for (const int quality : {10, 30, 75, 95, 100}) {
        for (const int progressive : {0, 1}) {
          ASSERT_TRUE(cv::imwrite(
              path, written, {cv::IMWRITE_JPEG_QUALITY, quality, cv::IMWRITE_JPEG_PROGRESSIVE, progressive}));
          cv::Mat expected;
          cv::cvtColor(cv::imread(path, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION), expected,
                       cv::COLOR_BGR2RGB);
          const auto found = ReadImage(path);
          ASSERT_TRUE(found.ok()) << found.status();
          EXPECT_EQ(cv::norm(*found, expected, cv::NORM_INF), 0)
              << size << " " << quality << " " << progressive;
          const auto frame = ReadFrame(path);
          ASSERT_TRUE(frame.ok()) << frame.status();
          EXPECT_EQ(frame->size(), size);
          EXPECT_EQ(cv::norm(frame->Rgb(), expected, cv::NORM_INF), 0)
              << size << " " << quality << " " << progressive;
        }
      }
    }
  }
}

TEST(ReadImageTest, UsualJpegsStayPlanes) {
  if (!RowKernelsRun()) GTEST_SKIP() << "skipped: no AVX2";
  const std::string path = Folder() + "/a.jpg";
  cv::Mat noise(48, 64, CV_8UC3);
  cv::randu(noise, 0, 255);
  ASSERT_TRUE(cv::imwrite(path, noise));
  EXPECT_LT(ReadFrame(path)->bytes(), 48 * 64 * 2);
}

TEST(ReadImageTest, BadFilesAreNamed) {
  const std::string folder = Folder();
  EXPECT_THAT(Error(folder + "/none.jpg"), HasSubstr("none.jpg: cannot open"));
  ASSERT_TRUE(WriteFileAtomically(folder + "/text.png", "no picture").ok());
  EXPECT_THAT(Error(folder + "/text.png"), HasSubstr("text.png: not an image"));
  ASSERT_TRUE(WriteFileAtomically(folder + "/empty.png", "").ok());
  EXPECT_THAT(Error(folder + "/empty.png"), HasSubstr("empty.png: not an image"));
}

// A decoder would fill the missing part and say nothing.
TEST(ReadImageTest, CutFilesAreErrors) {
  const std::string folder = Folder();
  cv::Mat noise(64, 64, CV_8UC3);
  cv::randu(noise, 0, 255);
  for (const std::string name : {"a.jpg", "a.png"}) {
    const std::string path = folder + "/" + name;
    ASSERT_TRUE(cv::imwrite(path, noise));
    EXPECT_TRUE(ReadImage(path).ok());
    const std::string whole = *ReadFile(path);
    for (const size_t size : {whole.size() / 4, whole.size() / 2, whole.size() - 40}) {
      ASSERT_TRUE(WriteFileAtomically(path, whole.substr(0, size)).ok());
      EXPECT_THAT(Error(path), HasSubstr(name)) << size << " of " << whole.size();
    }
  }
}

}  // namespace
}  // namespace mrsn::datasets

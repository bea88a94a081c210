#include "datasets/stream/steady_frames.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/media/numbered_video.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Folder(const std::string& name) {
  const std::string root = ::testing::TempDir() + "/steady_frames_" + name;
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  return root;
}

// The numbers that the frames show (numbered_video.h).
std::vector<int> Numbers(const std::string& path, double rate) {
  std::vector<int> numbers;
  const auto frames = SteadyFrames::Open(path, rate);
  EXPECT_TRUE(frames.ok()) << frames.status();
  while (frames.ok()) {
    const auto more = (*frames)->Advance();
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) break;
    EXPECT_EQ((*frames)->position(), static_cast<int64_t>(numbers.size()));
    numbers.push_back(NumberOf((*frames)->picture()));
  }
  return numbers;
}

TEST(SteadyFrames, AFileOfTheRateIsReadAsItIs) {
  const std::string path = Folder("same") + "/a.avi";
  WriteNumberedVideo(path, 6, 29.97);
  EXPECT_THAT(Numbers(path, 30), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(Numbers(path, 0), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(SteadyFrames, AnotherRateTakesTheNearestInTime) {
  const std::string path = Folder("other") + "/a.avi";
  WriteNumberedVideo(path, 9, 30);
  EXPECT_THAT(Numbers(path, 10), ElementsAre(0, 3, 6));
  WriteNumberedVideo(path, 3, 10);
  EXPECT_THAT(Numbers(path, 30), ElementsAre(0, 0, 1, 1, 1, 2, 2, 2));
}

TEST(SteadyFrames, GapsInTimeAreFilled) {
  const std::string folder = Folder("gap");
  for (const int number : {1, 2, 6, 7}) {
    cv::imwrite(absl::StrCat(folder, "/v_", number, ".png"), NumberedFrame(number));
  }
  EXPECT_THAT(Numbers(folder, 25), ElementsAre(1, 2, 2, 2, 6, 6, 7));
}

TEST(SteadyFrames, FramesOfAnotherSizeAreAnError) {
  const std::string folder = Folder("sizes");
  cv::imwrite(folder + "/v_1.png", NumberedFrame(1));
  cv::imwrite(folder + "/v_2.png", NumberedFrame(2, {64, 64}));
  const auto frames = SteadyFrames::Open(folder, 25);
  ASSERT_TRUE(frames.ok()) << frames.status();
  auto more = (*frames)->Advance();
  while (more.ok() && *more) more = (*frames)->Advance();
  EXPECT_THAT(std::string(more.status().message()), HasSubstr("frame 2 is 64x64, frame 1 128x64"));
}

}  // namespace
}  // namespace mrsn::datasets

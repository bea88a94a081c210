#include "datasets/extract/extract_frames.h"

#include <filesystem>
#include <vector>

#include "datasets/media/numbered_video.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "ops/base/file.h"
#include "ops/test_data/test_data.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Folder(const std::string& name) {
  const std::string root = ::testing::TempDir() + "/extract_frames_" + name;
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root + "/videos/Class");
  return root;
}

// Numbers of the frames in the files.
std::vector<int> NumbersIn(const std::string& folder) {
  std::vector<int> numbers;
  const absl::StatusOr<FrameListing> listing = ListFrames(folder);
  EXPECT_TRUE(listing.ok()) << listing.status();
  if (!listing.ok()) return numbers;
  for (const FrameFile& file : listing->frames)
    numbers.push_back(NumberOf(cv::imread(folder + "/" + file.name)));
  return numbers;
}

TEST(ExtractFrames, WritesNamedFilesAtTheRate) {
  const std::string root = Folder("rate");
  WriteNumberedVideo(root + "/videos/Class/a.avi", 50, 25);
  ExtractOptions options;
  const ExtractReport report = ExtractFrames(*ListVideos(root + "/videos"), options, root + "/frames");
  EXPECT_THAT(report.failed, ElementsAre());
  EXPECT_EQ(report.extracted, 1);
  EXPECT_EQ(report.frames, 60);
  const std::vector<int> numbers = NumbersIn(root + "/frames/Class/a");
  ASSERT_EQ(numbers.size(), 60u);
  EXPECT_THAT(std::vector<int>(numbers.begin(), numbers.begin() + 8), ElementsAre(0, 1, 2, 3, 3, 4, 5, 6));
  EXPECT_EQ(numbers.back(), 49);
  EXPECT_TRUE(FileExists(root + "/frames/Class/a/a_000001.jpg"));
  EXPECT_TRUE(FileExists(root + "/frames/Class/a/a_000060.jpg"));
  EXPECT_EQ(cv::imread(root + "/frames/Class/a/a_000001.jpg").size(), cv::Size(128, 64));
}

TEST(ExtractFrames, PartOfAVideoScaledWithAnotherName) {
  const std::string root = Folder("part");
  WriteNumberedVideo(root + "/videos/a.avi", 100, 10);
  ExtractOptions options;
  options.rate = 10;
  options.first_second = 2;
  options.seconds = 3;
  options.short_side = 32;
  options.frame_name = "img_%05d.png";
  options.first_frame = 0;
  ExtractReport report = ExtractFrames(*ListVideos(root + "/videos"), options, root + "/frames");
  EXPECT_THAT(report.failed, ElementsAre());
  const std::vector<int> numbers = NumbersIn(root + "/frames/a");
  ASSERT_EQ(numbers.size(), 30u);
  EXPECT_EQ(numbers.front(), 20);
  EXPECT_EQ(numbers.back(), 49);
  EXPECT_EQ(cv::imread(root + "/frames/a/img_00000.png").size(), cv::Size(64, 32));
  EXPECT_THAT(report.shorter, ElementsAre());

  options.seconds = 20;
  report = ExtractFrames(*ListVideos(root + "/videos"), options, root + "/more");
  EXPECT_THAT(report.shorter, ElementsAre("a: 80 frames; 20 s were asked for"));
  options.first_second = 10.5;
  report = ExtractFrames(*ListVideos(root + "/videos"), options, root + "/late");
  ASSERT_EQ(report.failed.size(), 1u);
  EXPECT_THAT(report.failed[0], HasSubstr("a.avi: ends at second 9.9, before 10.5"));
  EXPECT_FALSE(FileExists(root + "/late/a"));
}

TEST(ExtractFrames, NativeRateWritesEveryFrameOnce) {
  const std::string root = Folder("native");
  WriteNumberedVideo(root + "/videos/a.avi", 7, 60);
  ExtractOptions options;
  options.rate = 0;
  EXPECT_EQ(ExtractFrames(*ListVideos(root + "/videos"), options, root + "/frames").frames, 7);
  EXPECT_THAT(NumbersIn(root + "/frames/a"), ElementsAre(0, 1, 2, 3, 4, 5, 6));
}

TEST(ExtractFrames, GoesOnRepairsAndLeavesOthersAlone) {
  const std::string root = Folder("resume");
  for (const char* name : {"a", "b", "c"}) WriteNumberedVideo(root + "/videos/" + name + ".avi", 20, 30);
  ASSERT_TRUE(WriteFileAtomically(root + "/videos/bad.avi", "no video").ok());
  ASSERT_TRUE(WriteFileAtomically(root + "/frames/c/mine.jpg", "mine").ok());
  ASSERT_TRUE(WriteFileAtomically(root + "/frames/.extracted/b.tmp/b_000001.jpg", "leftover").ok());
  const std::vector<MediaFile> videos = *ListVideos(root + "/videos");
  ExtractOptions options;
  options.threads = 2;
  ExtractReport report = ExtractFrames(videos, options, root + "/frames");
  EXPECT_EQ(report.extracted, 2);
  ASSERT_EQ(report.failed.size(), 2u);
  EXPECT_THAT(report.failed[0], HasSubstr("bad.avi: not a video FFmpeg can read"));
  EXPECT_THAT(report.failed[1], HasSubstr("frames/c: was not made by this program"));
  EXPECT_EQ(*ReadFile(root + "/frames/c/mine.jpg"), "mine");
  EXPECT_FALSE(FileExists(root + "/frames/bad"));
  EXPECT_FALSE(FileExists(root + "/frames/.extracted/b.tmp"));

  const std::string last = root + "/frames/a/a_000020.jpg", whole = *ReadFile(last);
  ASSERT_TRUE(WriteFileAtomically(last, whole.substr(0, whole.size() / 2)).ok());  // cut
  report = ExtractFrames(videos, options, root + "/frames");
  EXPECT_EQ(report.extracted, 1);
  EXPECT_EQ(report.complete, 1);
  EXPECT_EQ(*ReadFile(last), whole);

  std::filesystem::remove(root + "/frames/b/b_000010.jpg");
  report = ExtractFrames(videos, options, root + "/frames");
  EXPECT_EQ(report.extracted, 1);
  EXPECT_TRUE(FileExists(root + "/frames/b/b_000010.jpg"));

  options.short_side = 32;
  report = ExtractFrames(videos, options, root + "/frames");
  ASSERT_EQ(report.failed.size(), 4u);
  EXPECT_THAT(report.failed[0], HasSubstr("was made with other settings"));
  EXPECT_EQ(*ReadFile(last), whole);
}

// `ffmpeg -i test.avi -r 30 %06d.png` writes 198 files for 164 frames at 25 a second: MPEG-4 delays the first
// one by 40 ms, and FFmpeg writes it twice.
TEST(ExtractFrames, DelayedFirstFrame) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const std::string root = Folder("delayed");
  bool shorter = false;
  const auto frames = ExtractVideo(
      {"test", TestData("videos/test.avi"), false}, ExtractOptions(), root, [] {}, &shorter);
  ASSERT_TRUE(frames.ok()) << frames.status();
  EXPECT_EQ(*frames, 198);
  const auto first = ReadFile(root + "/test_000001.jpg"), second = ReadFile(root + "/test_000002.jpg"),
             third = ReadFile(root + "/test_000003.jpg");
  EXPECT_EQ(*first, *second);
  EXPECT_NE(*second, *third);
}

}  // namespace
}  // namespace mrsn::datasets

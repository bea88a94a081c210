#include "datasets/persons/detect_videos.h"

#include <filesystem>
#include <map>

#include "datasets/media/numbered_video.h"
#include "datasets/ucf24/real_clips.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "ops/base/file.h"
#include "ops/formats/ava_csv.h"
#include "ops/formats/ucf24_files.h"
#include "ops/test_data/test_data.h"

namespace mrsn::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Keyframes = DetectOptions::Keyframes;

// One box whose left border is the frame's number in hundredths.
class NumberReader : public PersonDetector {
 public:
  absl::StatusOr<std::vector<PersonBox>> Detect(const cv::Mat& bgr) override {
    return std::vector<PersonBox>{{{NumberOf(bgr) / 200.0f, 0.25, 1, 0.75}, 0.5}};
  }
  std::string Name() const override { return "numbers"; }
};

absl::StatusOr<std::unique_ptr<PersonDetector>> MakeNumberReader() {
  return std::make_unique<NumberReader>();
}

std::string Folder(const std::string& name) {
  const std::string root = ::testing::TempDir() + "/detect_videos_" + name;
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root + "/videos");
  return root;
}

TEST(DetectVideo, OneFrameASecond) {
  const std::string path = Folder("seconds") + "/a.avi";
  WriteNumberedVideo(path, 80, 25);
  DetectOptions options;
  NumberReader detector;
  auto found = DetectVideo({"a", path, false}, options, detector, [] {});
  ASSERT_TRUE(found.ok()) << found.status();
  // Frames 0, 25, 50 and 75.
  EXPECT_EQ(found->rows,
            "a,0000,0,0.25,1,0.75,-1,0.5\na,0001,0.125,0.25,1,0.75,-1,0.5\n"
            "a,0002,0.25,0.25,1,0.75,-1,0.5\na,0003,0.375,0.25,1,0.75,-1,0.5\n");
  options.first_second = 900;
  options.first_keyframe = 902;
  options.last_keyframe = 902;
  found = DetectVideo({"a", path, false}, options, detector, [] {});
  EXPECT_EQ(found->rows, "a,0902,0.25,0.25,1,0.75,-1,0.5\n");
  EXPECT_EQ(found->keyframes, 1);
  EXPECT_EQ(*found->last_keyframe_reached, 902);
}

// 24 frames a second from second 899.75 on: second 900 is frame 6, 900.5 frame 18, 901 frame 30.
TEST(DetectVideo, FractionsOfASecond) {
  const std::string path = Folder("fractions") + "/a.avi";
  WriteNumberedVideo(path, 35, 24);
  DetectOptions options;
  options.every = Timestamp::Nearest(0.5);
  options.first_second = 899.75;
  NumberReader detector;
  auto found = DetectVideo({"a", path, false}, options, detector, [] {});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->rows,
            "a,0900,0.03,0.25,1,0.75,-1,0.5\na,0900.5,0.09,0.25,1,0.75,-1,0.5\n"
            "a,0901,0.15,0.25,1,0.75,-1,0.5\n");
  EXPECT_EQ(*found->last_keyframe_reached, 901);
  // The multiples of 0.4 from second 900.1 to 901 are 900.4 and 900.8, frames 7.2 and 16.8.
  options.every = Timestamp::Nearest(0.4);
  options.first_second = 900.1;
  options.last_keyframe = 901;
  found = DetectVideo({"a", path, false}, options, detector, [] {});
  EXPECT_EQ(found->rows, "a,0900.4,0.035,0.25,1,0.75,-1,0.5\na,0900.8,0.085,0.25,1,0.75,-1,0.5\n");
}

// 0.5 and 1.5 lie between frames 12 and 13, and 37 and 38.
TEST(DetectVideo, HalfwayBetweenTwoFramesTakesTheLaterOne) {
  const std::string path = Folder("halfway") + "/a.avi";
  WriteNumberedVideo(path, 40, 25);
  DetectOptions options;
  options.every = Timestamp::Nearest(0.5);
  NumberReader detector;
  const auto found = DetectVideo({"a", path, false}, options, detector, [] {});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->rows,
            "a,0000,0,0.25,1,0.75,-1,0.5\na,0000.5,0.065,0.25,1,0.75,-1,0.5\n"
            "a,0001,0.125,0.25,1,0.75,-1,0.5\na,0001.5,0.19,0.25,1,0.75,-1,0.5\n");
}

TEST(DetectVideo, EveryFrameInPixels) {
  const std::string path = Folder("frames") + "/a.avi";
  WriteNumberedVideo(path, 5, 25);
  DetectOptions options;
  options.keyframes = Keyframes::kFrames;
  options.frame_step = 2;
  NumberReader detector;
  const auto found = DetectVideo({"Diving/a", path, false}, options, detector, [] {});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(
      found->rows,
      "Diving/a,1,0,0.5,0,60,320,180\nDiving/a,3,0,0.5,3.2,60,320,180\nDiving/a,5,0,0.5,6.4,60,320,180\n");
}

TEST(DetectVideo, FolderWithAHoleTakesTheNextFrame) {
  const std::string root = Folder("hole");
  for (int number = 1; number <= 30; ++number) {
    if (number == 11) continue;
    cv::imwrite(cv::format("%s/videos/f_%06d.png", root.c_str(), number), NumberedFrame(number));
  }
  DetectOptions options;
  options.frames_per_second = 10;
  NumberReader detector;
  const auto found = DetectVideo({"f", root + "/videos", true}, options, detector, [] {});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(
      found->rows,
      "f,0000,0.005,0.25,1,0.75,-1,0.5\nf,0001,0.06,0.25,1,0.75,-1,0.5\nf,0002,0.105,0.25,1,0.75,-1,0.5\n");
}

TEST(DetectVideos, ResumesAndNamesFailures) {
  const std::string root = Folder("resume"), output = root + "/boxes.csv";
  for (const char* name : {"a", "b", "c"}) WriteNumberedVideo(root + "/videos/" + name + ".avi", 30, 25);
  ASSERT_TRUE(WriteFileAtomically(root + "/videos/d.avi", "no video").ok());
  const auto videos = ListVideos(root + "/videos");
  DetectOptions options;
  options.threads = 2;
  auto report = DetectVideos(*videos, options, "numbers", MakeNumberReader, output, false);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->failed.size(), 1u);
  EXPECT_THAT(report->failed[0], HasSubstr("d.avi: not a video FFmpeg can read"));
  EXPECT_FALSE(FileExists(output));  // a list without d would look complete
  EXPECT_EQ(report->boxes, 6);

  DetectOptions other = options;
  other.first_second = 900;
  EXPECT_THAT(
      std::string(
          DetectVideos(*videos, other, "numbers", MakeNumberReader, output, false).status().message()),
      HasSubstr("an earlier run had other settings"));

  WriteNumberedVideo(root + "/videos/d.avi", 30, 25);
  report = DetectVideos(*videos, options, "numbers", MakeNumberReader, output, false);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->resumed, 3);
  EXPECT_EQ(report->boxes, 2);
  EXPECT_FALSE(FileExists(output + ".parts"));
  formats::CsvOptions csv;
  csv.timestamps = formats::Timestamps::kFrames;  // seconds from 0 on are no seconds of AVA
  const auto read = formats::ReadAvaBoxList(output, csv);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->num_rows, 8);
  EXPECT_THAT(
      std::string(
          DetectVideos(*videos, options, "numbers", MakeNumberReader, output, false).status().message()),
      HasSubstr("boxes.csv: exists"));
}

TEST(DetectVideos, SkipFailedWritesTheRest) {
  const std::string root = Folder("skip"), output = root + "/boxes.csv";
  WriteNumberedVideo(root + "/videos/a.avi", 30, 25);
  ASSERT_TRUE(WriteFileAtomically(root + "/videos/d.avi", "no video").ok());
  DetectOptions options;
  options.last_keyframe = 5;
  const auto report =
      DetectVideos(*ListVideos(root + "/videos"), options, "numbers", MakeNumberReader, output, true);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->failed.size(), 1u);
  EXPECT_THAT(report->ended_early, ElementsAre("a"));
  EXPECT_THAT(*ReadFile(output), HasSubstr("a,0001,"));
}

// A network of the user's on clips of UCF101. Surfers are found; boxes of UCF101-24 are loose.
TEST(DetectVideos, YoloxFindsSurfers) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const std::string root = Folder("surfing"), output = root + "/boxes.csv";
  const std::vector<std::string> clips = {"Surfing/v_Surfing_g01_c01", "Surfing/v_Surfing_g03_c01"};
  ASSERT_TRUE(MakeRealRoot({{"test", clips}}, root).ok());
  DetectOptions options;
  options.keyframes = Keyframes::kFrames;
  options.frame_step = 25;
  const std::string onnx = TestData("detectors/yolox_nano.onnx");
  const auto report = DetectVideos(
      *ListVideos(root + "/videos"), options, "yolox", [&] { return MakeOnnxPersonDetector(onnx, {}); },
      output, false);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->failed.empty());
  const auto found = formats::ReadUcf24(output, formats::RowKind::kDetections);
  ASSERT_TRUE(found.ok()) << found.status();
  formats::CsvOptions csv;
  csv.allow_tubes = true;
  const auto truth = formats::ReadUcf24(root + "/annotations.csv", formats::RowKind::kGroundTruth, csv);
  ASSERT_TRUE(truth.ok()) << truth.status();
  std::map<std::pair<std::string, Timestamp>, std::vector<Box>> boxes;
  const auto key = [](const formats::RowBlock& block, const formats::Row& row) {
    const auto& keyframe = block.keyframes.keyframes()[row.keyframe];
    return std::pair(block.keyframes.videos()[keyframe.video], keyframe.timestamp);
  };
  const auto box = [](const formats::BoxD& b) {
    return Box{static_cast<float>(b.x1), static_cast<float>(b.y1), static_cast<float>(b.x2),
               static_cast<float>(b.y2)};
  };
  for (const auto& block : found->blocks) {
    for (const auto& row : block.rows) boxes[key(block, row)].push_back(box(row.box));
  }
  int covered = 0, all = 0;
  for (const auto& block : truth->blocks) {
    for (const auto& row : block.rows) {
      const auto [video, frame] = key(block, row);
      if (frame.Floor() % 25 != 1) continue;
      ++all;
      for (const Box& candidate : boxes[{video, frame}]) {
        if (IntersectionOverUnion(candidate, box(row.box)) >= 0.5f) {
          ++covered;
          break;
        }
      }
    }
  }
  ASSERT_GT(all, 5);
  EXPECT_GE(covered, 0.4 * all) << covered << " of " << all;
  RecordProperty("recall", covered * 100 / all);
}

}  // namespace
}  // namespace mrsn::datasets

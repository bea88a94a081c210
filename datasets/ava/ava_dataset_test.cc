// The annotations of AVA as users open them: classes, key frames, boxes.
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/ava/ava_tree.h"
#include "datasets/open_dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "ops/base/file.h"
#include "ops/test_data/test_data.h"

namespace mrsn::datasets {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using AvaDatasetTest = AvaTree;

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
  DatasetConfig config = AvaConfig(facts);
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

// 12 images a second: second 1.5 is image 18, second 2 image 24.
TEST_F(AvaDatasetTest, KeyframesAtHalfSeconds) {
  std::filesystem::remove_all(root_);
  Write("train.csv", "v,2,0.1,0.1,0.5,0.9,2,0\nv,1.5,0.1,0.1,0.5,0.9,1,0\nv,01.50,0.1,0.1,0.5,0.9,2,0\n");
  Write("classes.txt", "sit\nwave\n");
  ASSERT_TRUE(MakeFolders(root_ + "/frames/v").ok());
  for (int number = 0; number < 48; ++number) {
    cv::imwrite(absl::StrFormat("%s/frames/v/%d.jpg", root_, number),
                cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar::all(2 * number)));
  }
  const auto dataset = Open(
      "ava { train_annotations: 'train.csv' train_excluded: '' train_boxes: '' frame_name: '%d.jpg' "
      "first_frame: 0 first_second: 0 frames_per_second: 12 first_keyframe_second: 1 last_keyframe_second: 3 "
      "}",
      Usage::kTrain);
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->keyframe(0).timestamp, Timestamp::Nearest(1.5));
  const Sample half = *dataset->Load(0, 0);
  EXPECT_THAT(Numbers(half.fast), ElementsAre(14, 15, 16, 17, 18, 19, 20, 21));
  ASSERT_EQ(half.actors.size(), 1);
  EXPECT_THAT(half.actors[0].labels, ElementsAre(0, 1));
  EXPECT_THAT(Numbers(dataset->Load(1, 0)->fast), ElementsAre(20, 21, 22, 23, 24, 25, 26, 27));
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
      all.push_back(
          absl::StrCat(dataset.keyframe(i).video.substr(0, 1), dataset.keyframe(i).timestamp.Text()));
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
  EXPECT_TRUE(OpenDataset(AvaConfig("ava {} train_split: \"val\" proposals { inference_score: 0.999 }"),
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

TEST_F(AvaDatasetTest, MissingObjectsDoNotHideWhatElseIsMissing) {
  DatasetConfig config = AvaConfig("ava {}");
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

}  // namespace
}  // namespace mrsn::datasets

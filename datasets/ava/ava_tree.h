// For tests: AVA as users have it, with a few small frames.
#ifndef MRSN_DATASETS_AVA_AVA_TREE_H_
#define MRSN_DATASETS_AVA_AVA_TREE_H_

#include <cmath>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/open_dataset.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {

inline constexpr int kWidth = 64, kHeight = 48;

// Twenty of AVA's classes have too few examples to be evaluated.
inline const std::set<int> kNotEvaluated = {2,  16, 18, 19, 21, 23, 25, 31, 32, 33,
                                            35, 39, 40, 42, 44, 50, 53, 55, 71, 75};

// Two pathways, 8 frames in all, around the key frame.
inline constexpr char kClip[] =
    "clip { frames: 2 stride: 4 fast_ratio: 4 } transform { short_side: 0 flip_probability: 0 } ";

inline DatasetConfig AvaConfig(const std::string& text) {
  DatasetConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kClip + text, &config)) << text;
  return config;
}

class AvaTree : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ =
        ::testing::TempDir() + "ava_tree." + ::testing::UnitTest::GetInstance()->current_test_info()->name();
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
    auto dataset = OpenDataset(AvaConfig(config), usage, root_);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    return *std::move(dataset);
  }
  std::string Error(const std::string& config = "ava {}") {
    return std::string(OpenDataset(AvaConfig(config), Usage::kInference, root_).status().message());
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

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_AVA_AVA_TREE_H_

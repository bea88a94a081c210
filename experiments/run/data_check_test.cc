#include "experiments/run/data_check.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Experiment Example(const std::string& train_data, const std::string& eval_data) {
  Experiment experiment;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "train_data { " + train_data + " } eval_data { " + eval_data + " }", &experiment));
  return experiment;
}

TEST(CheckData, NamesWhatIsMissing) {
  const std::string root = ::testing::TempDir() + "/data_check";
  std::filesystem::remove_all(root);
  ASSERT_TRUE(WriteFileAtomically(root + "/annotations.csv", "Diving/v_1,1,5,10,10,90,90,0\n").ok());
  ASSERT_TRUE(WriteFileAtomically(root + "/train.txt", "Diving/v_1\n").ok());
  const std::string data = "ucf24 {} train_split: 'train' inference_split: 'train'";
  const DataCheck check =
      CheckData(Example(data + " clip { frames: 4 }", data + " transform { flip_probability: 0 }"), root);
  EXPECT_EQ(check.errors, 1);  // the two configs read the same files, which are checked once
  EXPECT_THAT(std::string(check.Ready().message()),
              HasSubstr("the check of the data found errors, 1 in all"));
  EXPECT_THAT(check.text, HasSubstr(absl::StrCat("error [missing_video] Diving/v_1: no folder ", root,
                                                 "/frames/Diving/v_1, no file ", root,
                                                 "/videos/Diving/v_1.{mp4,mkv,webm,avi}")));
}

// A run that leaves such clips out is not stopped by them.
TEST(CheckData, ClipsThatAreLeftOut) {
  const std::string root = ::testing::TempDir() + "/data_check.skip";
  ASSERT_TRUE(WriteFileAtomically(root + "/annotations.csv", "Diving/v_1,1,5,10,10,90,90,0\n").ok());
  ASSERT_TRUE(WriteFileAtomically(root + "/train.txt", "Diving/v_1\n").ok());
  const std::string data = "ucf24 {} train_split: 'train' inference_split: 'train'";
  Experiment experiment = Example(data, data);
  experiment.mutable_train()->set_unreadable_clips(TrainConfig::SKIP_AND_COUNT);
  const DataCheck check = CheckData(experiment, root);
  EXPECT_EQ(check.errors, 0);
  EXPECT_TRUE(check.Ready().ok());
  EXPECT_THAT(check.text, HasSubstr("error [missing_video] Diving/v_1: no folder"));
}

// No other list of videos has to be there, and a split that neither trains nor scores is nobody's overlap.
TEST(CheckData, OnlyTheSplitsOfTheRun) {
  const std::string root = ::testing::TempDir() + "/data_check_splits";
  std::filesystem::remove_all(root);
  std::string rows;
  for (const std::string name : {"mine", "test"}) {
    const std::string video = absl::StrCat("Diving/v_", name);
    ASSERT_TRUE(WriteFileAtomically(absl::StrCat(root, "/", name, ".txt"), video + "\n").ok());
    absl::StrAppend(&rows, video, ",1,5,10,10,90,90,0\n");
  }
  ASSERT_TRUE(WriteFileAtomically(root + "/annotations.csv", rows).ok());
  const DataCheck check = CheckData(Example("ucf24 {} train_split: 'mine'",
                                            "ucf24 { inference_keyframe_step: 6 } "
                                            "inference_split: 'test'"),
                                    root);
  EXPECT_THAT(check.text, Not(HasSubstr("[missing_file]")));
  EXPECT_THAT(check.text, Not(HasSubstr("[split_overlap]")));
  EXPECT_THAT(check.text, HasSubstr("mine: 1 videos"));
  EXPECT_THAT(check.text, HasSubstr("test: 1 videos"));
}

TEST(CheckData, NothingToCheck) {
  const Experiment generated = Example("micro_world {}", "micro_world {}");
  EXPECT_EQ(CheckData(generated, "").text, "");
  EXPECT_EQ(CheckData(Example("ava {}", "ava {}"), "/nowhere").text, "");
}

}  // namespace
}  // namespace mrsn::experiments

#include "datasets/check/checked_videos.h"

#include <chrono>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "datasets/check/check_dataset.h"
#include "datasets/check/small_root.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kVideo[] = "Diving/v_Diving_g01_c01";

// A data set of three videos; each check is one that was stopped before it wrote its report.
class CheckedVideosTest : public ::testing::Test {
 protected:
  CheckedVideosTest()
      : root_(absl::StrCat(::testing::TempDir(), "checked_videos.",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name())),
        keep_(root_ + ".parts") {
    MakeSmallUcf24(root_);
    fs::remove_all(keep_);
    DatasetConfig config;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kSmallUcf24Config, &config));
    layout_ = *LayoutOf(config, root_);
  }

  CheckReport Check(CheckLevel level = CheckLevel::kFull) { return CheckDataset(layout_, level, 2, keep_); }
  std::string VideoPath() const { return absl::StrCat(root_, "/videos/", kVideo, ".avi"); }
  // Other bytes of the same number and the same time, which no check can see without decoding.
  void SpoilUnseen() {
    const auto before = fs::last_write_time(VideoPath());
    EditFile(VideoPath(), [](std::string bytes) { return std::string(bytes.size(), '\1'); });
    fs::last_write_time(VideoPath(), before);
  }

  const std::string root_, keep_;
  DatasetLayout layout_;
};

TEST_F(CheckedVideosTest, AStoppedCheckGoesOn) {
  const CheckReport first = Check();
  EXPECT_EQ(first.resumed, 0);
  EXPECT_EQ(first.Count(CheckSeverity::kError), 0) << CheckSummary(first, 9);
  EXPECT_EQ(first.frames, 36);
  SpoilUnseen();
  const CheckReport again = Check();
  EXPECT_EQ(again.resumed, 3);
  EXPECT_EQ(again.Count(CheckSeverity::kError), 0) << CheckSummary(again, 9);
  EXPECT_EQ(again.frames, 36);
  EXPECT_THAT(CheckSummary(again, 9), HasSubstr("36 frames counted; 3 videos by an earlier check\n"));
  CheckedVideos(keep_, layout_).Forget();
  EXPECT_FALSE(fs::exists(keep_));
  const CheckReport fresh = Check();
  EXPECT_EQ(fresh.resumed, 0);
  ASSERT_EQ(fresh.Count(CheckSeverity::kError), 1) << CheckSummary(fresh, 9);
  EXPECT_EQ(fresh.findings[0].code, "unreadable_video");
}

TEST_F(CheckedVideosTest, FindingsComeBackAsTheyWere) {
  EditFile(VideoPath(), [](std::string bytes) { return bytes.substr(0, bytes.size() / 2); });
  const std::string first = CheckJson(Check());
  EXPECT_THAT(first, HasSubstr("\"code\": \"unreadable_video\""));
  CheckReport again = Check();
  EXPECT_EQ(again.resumed, 3);
  again.resumed = 0;
  EXPECT_EQ(CheckJson(again), first);
}

TEST_F(CheckedVideosTest, WhateverChangedIsLookedAtAgain) {
  Check();
  fs::last_write_time(VideoPath(), fs::last_write_time(VideoPath()) + std::chrono::seconds(1));
  EXPECT_EQ(Check().resumed, 2) << "another time of change";
  EditFile(VideoPath(), [](std::string bytes) { return bytes + "more"; });
  EXPECT_EQ(Check().resumed, 2) << "another size";
  ReplaceInFile(root_ + "/annotations.csv", absl::StrCat(kVideo, ",12,"), absl::StrCat(kVideo, ",13,"));
  EXPECT_EQ(Check().resumed, 2) << "another last key frame";
  const fs::path part = fs::directory_iterator(keep_)->path();
  ASSERT_TRUE(WriteFileAtomically(part.string(), "spoilt").ok());
  EXPECT_EQ(Check().resumed, 2) << "a file that is none";
  layout_.frame_name = "img_%05d.jpg";
  EXPECT_EQ(Check().resumed, 0) << "another layout";
  EXPECT_EQ(Check(CheckLevel::kQuick).resumed, 0) << "the quick level looks anew";
}

TEST_F(CheckedVideosTest, AFolderThatCannotBeWrittenIsANote) {
  ASSERT_TRUE(WriteFileAtomically(keep_, "a file").ok());
  const CheckReport report = Check();
  EXPECT_EQ(report.Count(CheckSeverity::kError), 0) << CheckSummary(report, 9);
  EXPECT_THAT(CheckSummary(report, 9), HasSubstr("note [not_kept] " + root_ + ": a check that is stopped"));
  fs::remove(keep_);
}

}  // namespace
}  // namespace mrsn::datasets

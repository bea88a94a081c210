// Folders of images and movies whose rate or length the config does not tell.
#include <filesystem>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "datasets/check/check_dataset.h"
#include "datasets/check/small_root.h"
#include "datasets/media/numbered_video.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace mrsn::datasets {
namespace {

namespace fs = std::filesystem;

DatasetConfig Config(const std::string& text) {
  DatasetConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
  return config;
}

CheckReport Check(const DatasetConfig& config, const std::string& root) {
  const auto layout = LayoutOf(config, root);
  EXPECT_TRUE(layout.ok()) << layout.status();
  return layout.ok() ? CheckDataset(*layout, CheckLevel::kFull, 2) : CheckReport();
}

bool Has(const CheckReport& report, const std::string& code, const std::string& name) {
  for (const CheckFinding& finding : report.findings) {
    const bool named = absl::StrContains(finding.subject, name) || absl::StrContains(finding.text, name);
    if (finding.code == code && named) return true;
  }
  return false;
}

std::string Folder(const std::string& name) { return ::testing::TempDir() + "/check_rates_" + name; }

// Movies need not begin when folders of images do.
TEST(CheckRates, MoviesOfAva) {
  const std::string root = Folder("ava_movies");
  MakeSmallAva(root);
  fs::remove_all(root + "/frames");
  fs::create_directories(root + "/videos");
  for (const char* video : {"vidA", "vidB", "vidC"}) {
    WriteNumberedVideo(absl::StrCat(root, "/videos/", video, ".avi"), 90, 30, {128, 96});
  }
  DatasetConfig config = Config(kSmallAvaConfig);
  config.mutable_ava()->set_video_first_second(901);
  const CheckReport report = Check(config, root);
  EXPECT_TRUE(report.findings.empty()) << CheckSummary(report, 10);
  EXPECT_EQ(report.video_files, 3);
  config.mutable_ava()->set_video_first_second(900);
  EXPECT_TRUE(Has(Check(config, root), "keyframe_beyond_end", "vidA")) << "second 903 is frame 90 of 90";
  config.mutable_ava()->set_video_first_second(902.5);
  EXPECT_TRUE(Has(Check(config, root), "keyframe_before_start", "vidA"));
}

// 150 images are 5 s at 30 a second, and 10 s at 15.
TEST(CheckRates, RatesThatAreTooLow) {
  const std::string root = Folder("ava_rate");
  MakeSmallAva(root);
  DatasetConfig config = Config(kSmallAvaConfig);
  config.mutable_ava()->set_frames_per_second(15);
  const std::string reach = "all 3 folders go on for half as long again";
  EXPECT_TRUE(Has(Check(config, root), "rate", reach)) << CheckSummary(Check(config, root), 10);
  config.mutable_ava()->set_frames_per_second(30);
  EXPECT_FALSE(Has(Check(config, root), "rate", reach));

  // The images are the whole of the movie, which begins with them.
  fs::create_directories(root + "/videos");
  config.mutable_ava()->set_video_first_second(900);
  for (const int seconds : {5, 10, 3}) {
    WriteNumberedVideo(root + "/videos/vidA.avi", seconds * 25, 25, {128, 96});
    const std::string length = absl::StrCat("vidA.avi lasts ", seconds, ".0 s from second 900");
    EXPECT_EQ(Has(Check(config, root), "rate", length), seconds != 5) << seconds;
  }
}

}  // namespace
}  // namespace mrsn::datasets

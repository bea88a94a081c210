// Folders of images and movies whose rate or length is not the config's, and annotations of other frames.
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/check/check_dataset.h"
#include "datasets/check/small_root.h"
#include "datasets/media/numbered_video.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "ops/formats/pickle/pickle_writer.h"

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

// Annotations as ACT's, with one row frame,x1,y1,x2,y2 in pixels of 640x480.
std::string Pickle(const std::vector<float>& row) {
  formats::PickleWriter out(2);
  out.Dict([&] {
    out.Text("gttubes"), out.Dict([&] {
      out.Text("Surfing/v_Surfing_g01_c01"), out.Dict([&] {
        out.Int(18), out.List([&] { out.Array("f4", {1, 5}, formats::Raw<float>(row)); });
      });
    });
    out.Text("resolution"), out.Dict([&] {
      out.Text("Surfing/v_Surfing_g01_c01"), out.Tuple([&] { out.Int(480), out.Int(640); });
    });
  });
  return out.Finish();
}

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

// 5 s at 25 a second, cut into images by a program that writes one more or less.
TEST(CheckRates, OneImageMoreOrLess) {
  const std::string root = Folder("ava_one_more");
  MakeSmallAva(root);
  const std::pair<const char*, int> videos[] = {{"vidA", 124}, {"vidB", 125}, {"vidC", 126}};
  for (const auto& [video, frames] : videos) {
    for (int i = frames + 1; i <= 150; ++i) {
      fs::remove(absl::StrFormat("%s/frames/%s/%s_%06d.jpg", root, video, video, i));
    }
  }
  const CheckReport report = Check(Config(kSmallAvaConfig), root);
  EXPECT_TRUE(Has(report, "rate", "3 of 3 folders have whole seconds of frames at 25 a second, not at 30"))
      << CheckSummary(report, 10);
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

// A key frame at 902.5 has a box; one at 903.75 is excluded. UCF101-24's key frames are whole frames.
TEST(CheckRates, FractionsOfASecondAreNoFault) {
  const auto append = [](const std::string& file, const std::string& rows) {
    EditFile(file, [&](const std::string& old) { return old + rows; });
  };
  const std::string root = Folder("ava_fractions");
  MakeSmallAva(root);
  append(root + "/annotations/val.csv", "vidC,902.5,0.1,0.2,0.4,0.8,1,0\nvidC,0903.75,0.1,0.2,0.4,0.8,1,0\n");
  append(root + "/annotations/val_boxes.csv", "vidC,0902.50,0.1,0.2,0.4,0.8,,0.9\n");
  append(root + "/annotations/val_excluded.csv", "vidC,903.750\n");
  const CheckReport report = Check(Config(kSmallAvaConfig), root);
  EXPECT_TRUE(report.findings.empty()) << CheckSummary(report, 10);
  EXPECT_EQ(report.splits.at(1).keyframes, 3);
  EXPECT_EQ(report.splits.at(1).excluded, 1);
  EXPECT_EQ(report.splits.at(1).boxes.recall_75, 1);
  // Of 150 images the last is at 904 + 29/30.
  append(root + "/annotations/val.csv", "vidC,904.96,0.1,0.2,0.4,0.8,1,0\nvidC,905,0.1,0.2,0.4,0.8,1,0\n");
  EXPECT_TRUE(Has(Check(Config(kSmallAvaConfig), root), "keyframe_beyond_end",
                  "key frame second 905 of " + root + "/annotations/val.csv is frame 151, 1 beyond the end"));
}

TEST(CheckRates, FractionsOfAFrame) {
  const std::string root = Folder("ucf24_fractions");
  MakeSmallUcf24(root);
  EditFile(root + "/annotations.csv", [](const std::string&) { return Pickle({2.5f, 60, 40, 160, 200}); });
  const CheckReport report = Check(Config(kSmallUcf24Config), root);
  EXPECT_TRUE(Has(report, "broken_frame", "frame number that is not whole")) << CheckSummary(report, 10);
}

// ACT's pickles state the size of frames, height first.
TEST(CheckRates, AnnotationsOfLargerFrames) {
  const std::string root = Folder("ucf24_size");
  MakeSmallUcf24(root);
  EditFile(root + "/annotations.csv", [](const std::string&) { return Pickle({1, 60, 40, 160, 200}); });
  const CheckReport report = Check(Config(kSmallUcf24Config), root);
  EXPECT_TRUE(Has(report, "other_frame_size", "in pixels of 640x480")) << CheckSummary(report, 10);
}

}  // namespace
}  // namespace mrsn::datasets

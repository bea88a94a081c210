#include "datasets/check/check_dataset.h"

#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "datasets/check/small_root.h"
#include "datasets/media/numbered_video.h"
#include "datasets/ucf24/real_clips.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "opencv2/imgcodecs.hpp"
#include "ops/base/file.h"
#include "ops/formats/ucf24_files.h"
#include "ops/test_data/test_data.h"

namespace mrsn::datasets {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

DatasetConfig Config(const std::string& text) {
  DatasetConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
  return config;
}

CheckReport Check(const DatasetConfig& config, const std::string& root,
                  CheckLevel level = CheckLevel::kFull) {
  const auto layout = LayoutOf(config, root);
  EXPECT_TRUE(layout.ok()) << layout.status();
  return layout.ok() ? CheckDataset(*layout, level, 2) : CheckReport();
}

// One way to break a data root. The finding has `code`; its subject or text has `name`.
struct Fault {
  std::string code, name;
  std::function<void(const std::string& root)> make;
  bool quick = true;  // whether the quick level finds it
};

bool Has(const CheckReport& report, const Fault& fault) {
  for (const CheckFinding& finding : report.findings) {
    const bool named =
        absl::StrContains(finding.subject, fault.name) || absl::StrContains(finding.text, fault.name);
    if (finding.code == fault.code && named) return true;
  }
  return false;
}

using Make = std::function<void(const std::string&)>;

Make Append(const std::string& file, const std::string& text) {
  return [=](const std::string& root) {
    EditFile(root + "/" + file, [&](std::string old) { return old + text; });
  };
}
Make Replace(const std::string& file, const std::string& from, const std::string& to) {
  return [=](const std::string& root) { ReplaceInFile(root + "/" + file, from, to); };
}
Make ReplaceAll(const std::string& file, const std::string& from, const std::string& to) {
  return [=](const std::string& root) {
    EditFile(root + "/" + file, [&](std::string old) { return absl::StrReplaceAll(old, {{from, to}}); });
  };
}
Make Remove(const std::string& path) {
  return [=](const std::string& root) { fs::remove_all(root + "/" + path); };
}
Make Rename(const std::string& from, const std::string& to) {
  return [=](const std::string& root) { fs::rename(root + "/" + from, root + "/" + to); };
}
Make Write(const std::string& path, const std::string& text) {
  return [=](const std::string& root) { EXPECT_TRUE(WriteFileAtomically(root + "/" + path, text).ok()); };
}
Make CutInHalf(const std::string& path) {
  return [=](const std::string& root) {
    EditFile(root + "/" + path, [](std::string old) { return old.substr(0, old.size() / 2); });
  };
}
Make ResizeFrame(const std::string& path, cv::Size size) {
  return [=](const std::string& root) { cv::imwrite(root + "/" + path, NumberedFrame(1, size)); };
}

constexpr char kVal[] = "annotations/val.csv", kBoxes[] = "annotations/val_boxes.csv";

// Of folders and images.
std::vector<Fault> MediaFaults() {
  const auto renumber = [](const std::string& root) {  // frames from 0
    for (int i = 1; i <= 150; ++i) {
      fs::rename(cv::format("%s/frames/vidB/vidB_%06d.jpg", root.c_str(), i),
                 cv::format("%s/frames/vidB/vidB_%06d.jpg", root.c_str(), i - 1));
    }
  };
  const auto rename_all = [](const std::string& root) {  // mmaction2's names
    for (int i = 1; i <= 150; ++i) {
      fs::rename(cv::format("%s/frames/vidB/vidB_%06d.jpg", root.c_str(), i),
                 cv::format("%s/frames/vidB/img_%05d.jpg", root.c_str(), i));
    }
  };
  const auto keep_frames = [](int frames) {
    return [=](const std::string& root) {
      for (const char* video : {"vidA", "vidB", "vidC"}) {
        for (int i = frames + 1; i <= 150; ++i) {
          fs::remove(cv::format("%s/frames/%s/%s_%06d.jpg", root.c_str(), video, video, i));
        }
      }
    };
  };
  const auto square = [](const std::string& root) {
    for (int i = 1; i <= 150; ++i) {
      cv::imwrite(cv::format("%s/frames/vidA/vidA_%06d.jpg", root.c_str(), i), NumberedFrame(i, {96, 96}));
    }
  };
  return {
      {"missing_video", "vidB", Remove("frames/vidB")},
      {"missing_video", "there is", Rename("frames/vidB", "frames/VIDB")},
      {"missing_video", "vidA.mp4", ReplaceAll("annotations/train.csv", "vidA", "vidA.mp4")},
      {"empty_folder", "vidB",
       [](const std::string& root) {
         fs::remove_all(root + "/frames/vidB");
         fs::create_directories(root + "/frames/vidB");
       }},
      {"hole", "vidA", Remove("frames/vidA/vidA_000077.jpg")},
      {"hole", "70-72",
       [](const std::string& root) {
         for (const int i : {70, 71, 72})
           fs::remove(cv::format("%s/frames/vidC/vidC_%06d.jpg", root.c_str(), i));
       }},
      {"first_frame", "vidB", renumber},
      {"first_frame", "vidC", Remove("frames/vidC/vidC_000001.jpg")},
      {"frame_name", "img_00001.jpg", rename_all},
      {"other_files", "notes.txt", Write("frames/vidA/notes.txt", "notes")},
      {"unused_video", "vidZ", Write("frames/vidZ/vidZ_000001.jpg", "x")},
      {"keyframe_beyond_end", "vidC", keep_frames(80)},
      {"rate", "24 a second", keep_frames(144)},
      {"rate", "vidA.avi lasts 2.0 s from second 900 on",
       [](const std::string& root) {
         fs::create_directories(root + "/videos");
         WriteNumberedVideo(root + "/videos/vidA.avi", 902 * 4, 4, {32, 24});
       }},
      {"keyframe_range", "annotations/val.csv", Append(kVal, "vidC,1900,0.1,0.2,0.4,0.9,1,0\n")},
      {"keyframe_range", "annotations/val_boxes.csv", Append(kBoxes, "vidC,800,0.1,0.2,0.4,0.9,,0.9\n")},
      {"broken_image", "vidA_000033.jpg", CutInHalf("frames/vidA/vidA_000033.jpg")},
      {"broken_image", "vidA_000034.jpg is empty", Write("frames/vidA/vidA_000034.jpg", "")},
      {"broken_image", "is no image", Write("frames/vidA/vidA_000035.jpg", "<html>")},
      {"size_changes", "vidC_000100.jpg", ResizeFrame("frames/vidC/vidC_000100.jpg", {64, 48})},
      {"odd_size", "vidA", square},
  };
}

// Of files as a whole.
std::vector<Fault> FileFaults() {
  return {
      {"missing_file", "val.csv", Remove(kVal)},
      {"missing_file", "val_boxes.csv", Remove(kBoxes)},
      {"missing_file", "labels.pbtxt", Remove("annotations/labels.pbtxt")},
      {"missing_file", "val_excluded.csv", Remove("annotations/val_excluded.csv")},
      {"unreadable_file", "val.csv", Write(kVal, "<!DOCTYPE html>\n")},
      {"unreadable_file", "train_boxes.csv:3",
       Replace("annotations/train_boxes.csv", "vidA,903,0.11", "vidA,903,left")},
      {"unreadable_file", "evaluated.pbtxt", Write("annotations/evaluated.pbtxt", "")},
      {"no_keyframe", "val.csv", Write(kVal, "")},
  };
}

// Of single rows.
std::vector<Fault> RowFaults() {
  return {
      {"degenerate_box", "val_boxes.csv", Append(kBoxes, "vidC,902,0.4,0.2,0.4,0.9,,0.9\n")},
      {"degenerate_box", "val.csv", Append(kVal, "vidC,902,0.4,0.2,0.4,0.9,1,0\n")},
      {"box_outside_frame", "val.csv", Append(kVal, "vidC,902,-0.2,0.2,0.4,1.1,1,0\n")},
      {"pixels", "val.csv",
       Write(kVal, "vidC,902,12,20,60,90,1,0\nvidC,902,64,10,100,70,2,1\nvidC,903,12,20,60,90,1,0\n")},
      {"duplicate_row", "val.csv", Append(kVal, "vidC,902,0.1,0.2,0.4,0.9,1,0\n")},
      {"unknown_class", "train.csv", Append("annotations/train.csv", "vidB,902,0.5,0.1,0.8,0.7,7,1\n")},
      {"class_without_example", "2 sit", ReplaceAll(kVal, ",2,1\n", ",1,1\n")},
      {"label_map", "the id 3, run", Append("annotations/evaluated.pbtxt", "item { name: \"run\" id: 3 }\n")},
      {"label_map", "is lie", Replace("annotations/evaluated.pbtxt", "sit", "lie")},
      {"scores_out_of_range", "val_boxes.csv", Append(kBoxes, "vidC,902,0.1,0.2,0.4,0.9,,7\n")},
      {"split_overlap", "vidC", Append("annotations/train.csv", "vidC,902,0.1,0.2,0.4,0.9,1,0\n")},
      {"unannotated_video", "vidQ", Append(kBoxes, "vidQ,902,0.1,0.2,0.4,0.9,,0.9\n")},
  };
}

// Of rows that do not fit together.
std::vector<Fault> SplitFaults() {
  return {
      {"keyframe_without_box", "vidC,903",
       [](const std::string& root) {
         EditFile(root + "/annotations/val_boxes.csv",
                  [](const std::string& old) { return old.substr(0, old.find("vidC,903")); });
       }},
      {"low_recall", "val_boxes.csv",
       [](const std::string& root) {
         EditFile(root + "/annotations/val_boxes.csv", [](const std::string& old) {
           return absl::StrReplaceAll(
               old, {{"0.11,0.21,0.41", "0.7,0.21,0.9"}, {"0.5,0.12,0.79", "0.2,0.12,0.3"}});
         });
       }},
      {"nothing_above_threshold", "inference_score",
       [](const std::string& root) {
         EditFile(root + "/annotations/val_boxes.csv", [](const std::string& old) {
           return absl::StrReplaceAll(old, {{",,0.9", ",,0.2"}});
         });
       }},
      {"keyframe_range", "train_excluded.csv", Append("annotations/train_excluded.csv", "vidB,899\n")},
      {"excluded_unknown_video", "vidY", Append("annotations/val_excluded.csv", "vidY,910\n")},
  };
}

std::vector<Fault> AvaFaults() {
  std::vector<Fault> all;
  for (const auto& faults : {MediaFaults(), FileFaults(), RowFaults(), SplitFaults()}) {
    all.insert(all.end(), faults.begin(), faults.end());
  }
  return all;
}

std::string Folder(const std::string& name) { return ::testing::TempDir() + "/check_dataset_" + name; }

TEST(CheckDataset, NothingIsWrongWithTheWholeAva) {
  const std::string root = Folder("ava_whole");
  MakeSmallAva(root);
  const CheckReport report = Check(Config(kSmallAvaConfig), root);
  EXPECT_TRUE(report.findings.empty()) << CheckSummary(report, 10);
  ASSERT_EQ(report.splits.size(), 2u);
  EXPECT_EQ(report.splits[0].name, "train");
  EXPECT_EQ(report.splits[0].videos, 2);
  EXPECT_EQ(report.splits[0].keyframes, 4);
  EXPECT_EQ(report.splits[0].rows, 8);
  EXPECT_EQ(report.splits[0].persons, 8);
  EXPECT_EQ(report.splits[1].boxes.boxes, 4);
  EXPECT_EQ(report.splits[1].boxes.kept, 4);
  EXPECT_EQ(report.splits[1].boxes.recall_50, 1);
  EXPECT_EQ(report.splits[1].boxes.recall_75, 1);
  ASSERT_EQ(report.splits[1].classes.size(), 2u);
  EXPECT_EQ(report.splits[1].classes[1].name, "sit");
  EXPECT_EQ(report.splits[1].classes[1].examples, 2);
  EXPECT_EQ(report.frame_folders, 3);
  EXPECT_EQ(report.frames, 450);
}

TEST(CheckDataset, FindsEveryFaultOfAva) {
  const std::vector<Fault> faults = AvaFaults();
  EXPECT_GE(faults.size(), 45u);
  const std::string whole = Folder("ava_clean"), root = Folder("ava_broken");
  MakeSmallAva(whole);
  for (const Fault& fault : faults) {
    fs::remove_all(root);
    fs::copy(whole, root, fs::copy_options::recursive);
    fault.make(root);
    const CheckReport full = Check(Config(kSmallAvaConfig), root);
    EXPECT_TRUE(Has(full, fault)) << fault.code << " " << fault.name << " is not in\n"
                                  << CheckSummary(full, 20);
    const CheckReport quick = Check(Config(kSmallAvaConfig), root, CheckLevel::kQuick);
    EXPECT_EQ(Has(quick, fault), fault.quick) << fault.code << " " << fault.name << " at the quick level\n"
                                              << CheckSummary(quick, 20);
  }
}

std::vector<Fault> Ucf24Faults() {
  const std::string video = "videos/Diving/v_Diving_g02_c01.avi";
  const auto rewrite = [=](int frames, cv::Size size) {
    return [=](const std::string& root) { WriteNumberedVideo(root + "/" + video, frames, 25, size); };
  };
  return {
      {"missing_video", "Diving/v_Diving_g02_c01", Remove(video)},
      {"empty_file", "Diving/v_Diving_g02_c01", Write(video, "")},
      {"unreadable_video", "is a text file that begins with 'no video'", Write(video, "no video")},
      {"cut_video", "Diving/v_Diving_g02_c01",
       [=](const std::string& root) {
         WriteNumberedVideo(root + "/" + video, 60, 25, {160, 120});
         CutInHalf(video)(root);
       },
       false},
      {"two_files", "Diving/v_Diving_g02_c01",
       [=](const std::string& root) {
         fs::copy(root + "/" + video, root + "/videos/Diving/v_Diving_g02_c01.mp4");
       }},
      {"odd_size", "Diving/v_Diving_g02_c01", rewrite(12, {160, 90}), false},
      {"keyframe_beyond_end", "4 beyond the end", rewrite(8, {160, 120}), false},
      {"video_without_annotation", "Diving/v_Diving_g09_c09",
       Append("train.txt", "Diving/v_Diving_g09_c09\n")},
      {"split_overlap", "Diving/v_Diving_g01_c01", Append("test.txt", "Diving/v_Diving_g01_c01\n")},
      {"missing_file", "test.txt", Remove("test.txt")},
      {"unused_video", "Surfing/v_Surfing_g09_c09", Write("videos/Surfing/v_Surfing_g09_c09.avi", "x")},
      {"fractions", "annotations.csv",
       [](const std::string& root) {
         EditFile(root + "/annotations.csv", [](const std::string& old) {
           std::string text;
           for (int frame = 1; frame <= 12; ++frame) {
             for (const char* name :
                  {"Diving/v_Diving_g01_c01", "Diving/v_Diving_g02_c01", "Surfing/v_Surfing_g01_c01"}) {
               absl::StrAppend(&text, name, ",", frame, ",", name[0] == 'D' ? 5 : 18, ",0.2,0.2,0.6,0.8,0\n");
             }
           }
           return old.empty() ? old : text;
         });
       }},
  };
}

TEST(CheckDataset, Ucf24WholeAndBroken) {
  const std::string whole = Folder("ucf24_clean"), root = Folder("ucf24_broken");
  MakeSmallUcf24(whole);
  const CheckReport clean = Check(Config(kSmallUcf24Config), whole);
  // 22 of 24 classes have no example in so small a data set.
  for (const CheckFinding& finding : clean.findings)
    EXPECT_EQ(finding.code, "class_without_example") << finding.text;
  EXPECT_EQ(clean.Count(CheckSeverity::kError), 0) << CheckSummary(clean, 10);
  EXPECT_EQ(clean.video_files, 3);
  EXPECT_EQ(clean.frames, 36);
  for (const Fault& fault : Ucf24Faults()) {
    fs::remove_all(root);
    fs::copy(whole, root, fs::copy_options::recursive);
    fault.make(root);
    const CheckReport full = Check(Config(kSmallUcf24Config), root);
    EXPECT_TRUE(Has(full, fault)) << fault.code << " " << fault.name << " is not in\n"
                                  << CheckSummary(full, 20);
    const CheckReport quick = Check(Config(kSmallUcf24Config), root, CheckLevel::kQuick);
    EXPECT_EQ(Has(quick, fault), fault.quick) << fault.code << " " << fault.name << " at the quick level\n"
                                              << CheckSummary(quick, 20);
  }
}

// The class ids of the small data set are 5 and 18.
TEST(CheckDataset, ClassesOfOnesOwn) {
  const std::string root = Folder("ucf24_own_classes");
  MakeSmallUcf24(root);
  std::string names;
  for (int i = 0; i < 19; ++i) absl::StrAppend(&names, "action ", i, "\n");
  Write("classes.txt", names)(root);
  const CheckReport report = Check(Config(kSmallUcf24Config), root, CheckLevel::kQuick);
  EXPECT_EQ(report.Count(CheckSeverity::kError), 0) << CheckSummary(report, 10);
  EXPECT_TRUE(
      Has(report, {"class_without_example", "of 19 evaluated classes have no example: 0 action 0", {}}))
      << CheckSummary(report, 10);
}

TEST(CheckDataset, LayoutErrors) {
  EXPECT_THAT(std::string(LayoutOf(Config("micro_world {}"), "/tmp").status().message()),
              HasSubstr("is generated"));
  EXPECT_THAT(std::string(LayoutOf(Config("micro_world_2 {}"), "/tmp").status().message()),
              HasSubstr("is generated"));
  EXPECT_THAT(std::string(LayoutOf(Config("ava {}"), "/nowhere").status().message()),
              HasSubstr("/nowhere: there is no such folder"));
  EXPECT_THAT(std::string(LayoutOf(Config("ava { version: 'v3' }"), "/tmp").status().message()),
              HasSubstr("v2.1"));
}

// Clips of UCF101 as published: the only facts are those that the folder's README states.
TEST(CheckDataset, RealClips) {
  MRSN_SKIP_WITHOUT_TEST_DATA();
  const std::string root = Folder("real");
  fs::remove_all(root);
  std::map<std::string, std::vector<std::string>> splits;
  for (const char* split : {"train", "test"}) {
    const auto names = formats::ReadVideoList(TestData(absl::StrCat("ucf101-mini/", split, ".txt")));
    ASSERT_TRUE(names.ok()) << names.status();
    splits[split] = {names->begin(), names->end()};
  }
  ASSERT_TRUE(MakeRealRoot(splits, root).ok());
  const CheckReport report = Check(Config("ucf24 {} train_split: 'train' inference_split: 'test'"), root);
  EXPECT_EQ(report.video_files, 137);
  EXPECT_EQ(report.splits[0].videos, 99);
  EXPECT_EQ(report.splits[0].rows, 19552);
  EXPECT_EQ(report.splits[1].rows, 8224);
  EXPECT_EQ(report.Count(CheckSeverity::kError), 0) << CheckSummary(report, 10);
  for (const CheckFinding& finding : report.findings) {
    // Three classes of 24; annotations that end 1 to 3 frames late.
    EXPECT_THAT(finding.code, ::testing::AnyOf("class_without_example", "keyframe_beyond_end"))
        << finding.subject << ": " << finding.text;
  }
  if (HasFailure()) std::fputs(CheckSummary(report, 10).c_str(), stderr);
}

}  // namespace
}  // namespace mrsn::datasets

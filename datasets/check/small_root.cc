#include "datasets/check/small_root.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "datasets/media/numbered_video.h"
#include "opencv2/imgcodecs.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

void Write(const std::string& path, const std::string& text) {
  const absl::Status written = WriteFileAtomically(path, text);
  if (written.ok()) return;
  std::fprintf(stderr, "%s\n", written.ToString().c_str());
  std::abort();
}

// Two persons at each key second. Person 0 is "stand", person 1 is "sit" at the second one, and both in
// between.
std::string AvaRows(const std::string& video) {
  std::string rows;
  for (const int second : {902, 903}) {
    absl::StrAppend(&rows, video, ",", second, ",0.1,0.2,0.4,0.9,1,0\n");
    absl::StrAppend(&rows, video, ",", second, ",0.5,0.1,0.8,0.7,2,1\n");
  }
  return rows;
}

std::string AvaBoxes(const std::string& video) {
  std::string rows;
  for (const int second : {902, 903}) {
    absl::StrAppend(&rows, video, ",", second, ",0.11,0.21,0.41,0.9,,0.", 970 + second % 10, "\n");
    absl::StrAppend(&rows, video, ",", second, ",0.5,0.12,0.79,0.7,,0.", 930 + second % 10, "\n");
  }
  return rows;
}

}  // namespace

const char kSmallAvaConfig[] =
    "ava { train_annotations: 'annotations/train.csv' val_annotations: 'annotations/val.csv' "
    "train_excluded: 'annotations/train_excluded.csv' val_excluded: 'annotations/val_excluded.csv' "
    "train_boxes: 'annotations/train_boxes.csv' val_boxes: 'annotations/val_boxes.csv' "
    "label_map: 'annotations/labels.pbtxt' evaluated_label_map: 'annotations/evaluated.pbtxt' frames: "
    "'frames' }";

const char kSmallUcf24Config[] =
    "ucf24 { annotations: 'annotations.csv' detections: 'detections.csv' } train_split: 'train' "
    "inference_split: "
    "'test'";

void MakeSmallAva(const std::string& root) {
  std::filesystem::remove_all(root);
  const std::string annotations = root + "/annotations/";
  Write(annotations + "train.csv", AvaRows("vidA") + AvaRows("vidB"));
  Write(annotations + "val.csv", AvaRows("vidC"));
  Write(annotations + "train_boxes.csv", AvaBoxes("vidA") + AvaBoxes("vidB"));
  Write(annotations + "val_boxes.csv", AvaBoxes("vidC"));
  Write(annotations + "train_excluded.csv", "vidB,904\n");
  Write(annotations + "val_excluded.csv", "");
  for (const char* name : {"labels.pbtxt", "evaluated.pbtxt"}) {
    Write(annotations + name, "item { name: \"stand\" id: 1 }\nitem { name: \"sit\" id: 2 }\n");
  }
  std::vector<uchar> jpeg;
  for (const char* video : {"vidA", "vidB", "vidC"}) {
    for (int i = 1; i <= 150; ++i) {
      cv::imencode(".jpg", NumberedFrame(i, {128, 96}), jpeg);
      Write(absl::StrFormat("%s/frames/%s/%s_%06d.jpg", root, video, video, i),
            std::string(jpeg.begin(), jpeg.end()));
    }
  }
}

void MakeSmallUcf24(const std::string& root) {
  std::filesystem::remove_all(root);
  std::string annotations, detections;
  for (const char* video :
       {"Diving/v_Diving_g01_c01", "Diving/v_Diving_g02_c01", "Surfing/v_Surfing_g01_c01"}) {
    const int label = video[0] == 'D' ? 5 : 18;
    for (int frame = 1; frame <= 12; ++frame) {
      absl::StrAppend(&annotations, video, ",", frame, ",", label, ",60,40,160,200,0\n");
      absl::StrAppend(&detections, video, ",", frame, ",0,0.", 900 + frame, ",62,44,161,198\n");
    }
    std::filesystem::create_directories(
        std::filesystem::path(absl::StrCat(root, "/videos/", video)).parent_path());
    WriteNumberedVideo(absl::StrCat(root, "/videos/", video, ".avi"), 12, 25, {160, 120});
  }
  Write(root + "/annotations.csv", annotations);
  Write(root + "/detections.csv", detections);
  Write(root + "/train.txt", "Diving/v_Diving_g01_c01\nDiving/v_Diving_g02_c01\n");
  Write(root + "/test.txt", "Surfing/v_Surfing_g01_c01\n");
}

void EditFile(const std::string& path, const std::function<std::string(std::string)>& edit) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) std::abort();
  Write(path, edit(*text));
}

void ReplaceInFile(const std::string& path, const std::string& from, const std::string& to) {
  EditFile(path, [&](std::string text) {
    const size_t at = text.find(from);
    if (at == std::string::npos) std::abort();
    return text.replace(at, from.size(), to);
  });
}

}  // namespace mrsn::datasets

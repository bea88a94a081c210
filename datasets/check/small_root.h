// Small data roots without a fault, for tests that break them.
#ifndef MRSN_DATASETS_CHECK_SMALL_ROOT_H_
#define MRSN_DATASETS_CHECK_SMALL_ROOT_H_

#include <functional>
#include <string>

namespace mrsn::datasets {

// AVA's layout with frames of 30 a second from second 900 on: vidA and vidB (train), vidC (val), 5 seconds
// each, with key seconds 902 and 903, two classes, boxes of detected persons. Images are 128x96. Files:
// annotations/{train,val}.csv, {train,val}_boxes.csv, {train,val}_excluded.csv, labels.pbtxt,
// evaluated.pbtxt; frames/<video>/<video>_000001.jpg .. 000150.jpg.
void MakeSmallAva(const std::string& root);
extern const char kSmallAvaConfig[];  // DatasetConfig in text format

// UCF101-24's layout: Diving/v_Diving_g01_c01 and g02_c01 (train), Surfing/v_Surfing_g01_c01 (test), 12
// frames of 160x120 each. Files: annotations.csv, detections.csv, train.txt, test.txt, videos/<name>.avi.
void MakeSmallUcf24(const std::string& root);
extern const char kSmallUcf24Config[];

// Rewrites a file: edit("old text") is the new one.
void EditFile(const std::string& path, const std::function<std::string(std::string)>& edit);
// The same with the first occurrence of `from` replaced; ends the program if there is none.
void ReplaceInFile(const std::string& path, const std::string& from, const std::string& to);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CHECK_SMALL_ROOT_H_

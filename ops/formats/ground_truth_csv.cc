#include "ops/formats/ground_truth_csv.h"

#include "absl/strings/str_cat.h"
#include "ops/formats/numbers.h"

namespace mrsn::formats {

std::string FormatAvaGroundTruthRow(const GroundTruthRow& row) {
  std::string text = absl::StrCat(row.keyframe.video, ",", row.keyframe.timestamp.Text(4), ",");
  for (const double value : {row.box.x1, row.box.y1, row.box.x2, row.box.y2}) {
    AppendShortest(text, value);
    text += ',';
  }
  absl::StrAppend(&text, row.class_id, ",", row.person_id, "\n");
  return text;
}

std::string FormatUcf24GroundTruthRow(const GroundTruthRow& row) {
  std::string text = absl::StrCat(row.keyframe.video, ",", row.keyframe.timestamp.Text(), ",", row.class_id);
  for (const double value : {row.box.x1, row.box.y1, row.box.x2, row.box.y2}) {
    text += ',';
    AppendShortest(text, value);
  }
  text += '\n';
  return text;
}

}  // namespace mrsn::formats

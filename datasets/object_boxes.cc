#include "datasets/object_boxes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "datasets/ava/ava_files.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {

absl::StatusOr<ObjectBoxes> ReadObjectBoxes(const std::string& path, const ObjectBoxOptions& options) {
  if (!FileExists(path)) {
    return absl::NotFoundError(
        absl::StrCat(path,
                     ": no such file; write the boxes of an object detector there, rows "
                     "video,second,x1,y1,x2,y2,label,score with normalised boxes, or clear "
                     "proposals.object_boxes: blocks for objects then add nothing"));
  }
  MRSN_ASSIGN_OR_RETURN(std::vector<DetectedBox> rows, ReadAvaBoxes(path, options.timestamps));
  std::stable_sort(rows.begin(), rows.end(),
                   [](const DetectedBox& a, const DetectedBox& b) { return a.score > b.score; });
  ObjectBoxes boxes;
  for (const DetectedBox& row : rows) {
    if (row.score < options.min_score) break;
    std::vector<Box>& here = boxes[row.keyframe];
    if (static_cast<int>(here.size()) < options.most) here.push_back(row.box);
  }
  return boxes;
}

}  // namespace mrsn::datasets

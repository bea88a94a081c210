#include "datasets/object_boxes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "datasets/ava/ava_files.h"
#include "datasets/proposals.h"
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
  MRSN_ASSIGN_OR_RETURN(const BoxTable table, ReadAvaBoxes(path, options.names));
  ObjectBoxes boxes;
  for (size_t i = 0; i < table.keyframes().size(); ++i) {
    std::vector<Actor> objects = DetectedActors(table.rows(i));
    std::stable_sort(objects.begin(), objects.end(),
                     [](const Actor& a, const Actor& b) { return a.score > b.score; });
    std::vector<Box> here;
    for (const Actor& object : objects) {
      if (object.score < options.min_score || static_cast<int>(here.size()) == options.most) break;
      here.push_back(object.box);
    }
    if (!here.empty()) boxes[table.keyframes()[i]] = std::move(here);
  }
  return boxes;
}

}  // namespace mrsn::datasets

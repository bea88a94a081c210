// Boxes of objects, from a file that any detector may have written.
#ifndef MRSN_DATASETS_OBJECT_BOXES_H_
#define MRSN_DATASETS_OBJECT_BOXES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/ava/ava_files.h"
#include "ops/base/box.h"
#include "ops/base/keyframe.h"

namespace mrsn::datasets {

// Of each key frame, best score first in file order of equals; key frames without objects are absent.
using ObjectBoxes = std::map<Keyframe, std::vector<Box>>;

struct ObjectBoxOptions {
  float min_score = 0.5f;
  int most = 5;
  KeyframeNames names;
};

// Rows video,second,x1,y1,x2,y2,label,score with normalised boxes; for UCF101-24 the second column is
// the frame's number from 1. The label is not read: rows with the
// same box are one object. Boxes with a score of at least `min_score` are
// kept, at most `most` of a key frame. Errors name file and line; a missing file's says what to
// put there.
absl::StatusOr<ObjectBoxes> ReadObjectBoxes(const std::string& path, const ObjectBoxOptions& options);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_OBJECT_BOXES_H_

// AVA's files: annotations, excluded key frames, detected boxes, label maps.
#ifndef MRSN_DATASETS_AVA_AVA_FILES_H_
#define MRSN_DATASETS_AVA_AVA_FILES_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "ops/base/box.h"
#include "ops/base/keyframe.h"

namespace mrsn::datasets {

// Seconds of a movie that AVA annotates; frame 0 of our videos is second 900.
constexpr int kFirstSecond = 900;
constexpr int kFirstKeyframeSecond = 902;
constexpr int kLastKeyframeSecond = 1798;

struct DetectedBox {
  Keyframe keyframe;
  Box box;  // normalised
  float score = 0;
};

// Rows video,second,x1,y1,x2,y2,action_id,person_id with normalised boxes. Rows of two
// columns (key frames without persons) are skipped.
absl::StatusOr<std::vector<AnnotatedBox>> ReadAvaAnnotations(const std::string& path);

// Rows video,second,x1,y1,x2,y2,label,score (PySlowFast's and LFB's box lists; the
// label is not used).
absl::StatusOr<std::vector<DetectedBox>> ReadAvaBoxes(const std::string& path);

// Rows video,second: key frames that are neither trained on nor evaluated.
absl::StatusOr<std::set<Keyframe>> ReadAvaExcluded(const std::string& path);

// Either of AVA's label maps: `item { name: "stand" id: 1 }` or
// `label { name: "stand" label_id: 1 label_type: PERSON_MOVEMENT }`, whose type becomes
// the class's kind in lower case with hyphens ("person-movement"). Ordered as the file.
absl::StatusOr<std::vector<ActionClass>> ReadLabelMap(const std::string& path);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_AVA_AVA_FILES_H_

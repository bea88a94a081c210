// AVA's files as a data set needs them: annotations, excluded key frames, detected boxes, label maps.
// The formats are those of ops/formats, read strictly: an odd row is an error.
#ifndef MRSN_DATASETS_AVA_AVA_FILES_H_
#define MRSN_DATASETS_AVA_AVA_FILES_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "ops/base/box.h"
#include "ops/base/keyframe.h"
#include "ops/formats/read_options.h"

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
// label is not used). With kFrames the second column is the number of a frame from 1, as
// UCF101-24 names its key frames.
absl::StatusOr<std::vector<DetectedBox>> ReadAvaBoxes(
    const std::string& path, formats::Timestamps timestamps = formats::Timestamps::kAvaSeconds);

// Rows video,second: key frames that are neither trained on nor evaluated.
absl::StatusOr<std::set<Keyframe>> ReadAvaExcluded(const std::string& path);

// A label map in any form that ops/formats/label_map.h reads. Ordered as the file.
absl::StatusOr<std::vector<ActionClass>> ReadLabelMap(const std::string& path);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_AVA_AVA_FILES_H_

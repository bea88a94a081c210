// AVA's files as a data set needs them: annotations, excluded key frames, detected boxes, label maps.
// The formats are those of ops/formats, read strictly: an odd row is an error.
#ifndef MRSN_DATASETS_AVA_AVA_FILES_H_
#define MRSN_DATASETS_AVA_AVA_FILES_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/box_table.h"
#include "datasets/dataset.h"
#include "ops/base/keyframe.h"
#include "ops/formats/read_options.h"

namespace mrsn::datasets {

// How a data set names key frames; AVA's movies are annotated from second 902 to second 1798. Seconds are
// read to a millionth: 903.5 and 0903.500000 are one key frame, and 903 is another.
struct KeyframeNames {
  // With kFrames a timestamp is the number of a frame from 1, as in UCF101-24, which is whole and has no last
  // value.
  formats::Timestamps timestamps = formats::Timestamps::kAvaSeconds;
  int first = 902, last = 1798;  // both included
};

// Rows video,second,x1,y1,x2,y2,action_id,person_id with normalised boxes. Rows of two
// columns are key frames without persons.
absl::StatusOr<BoxTable> ReadAvaAnnotations(const std::string& path, const KeyframeNames& names = {});

// Detected boxes in any layout that ops/formats/box_list.h reads, in [0,1] of the frame. Labels are not read.
absl::StatusOr<BoxTable> ReadAvaBoxes(const std::string& path, const KeyframeNames& names = {});

// Rows video,second: key frames that are neither trained on nor evaluated.
absl::StatusOr<std::set<Keyframe>> ReadAvaExcluded(const std::string& path, const KeyframeNames& names = {});

// A label map in any form that ops/formats/label_map.h reads. Ordered as the file.
absl::StatusOr<std::vector<ActionClass>> ReadLabelMap(const std::string& path);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_AVA_AVA_FILES_H_

// Checks the files of annotations, boxes and classes of a data set.
#ifndef MRSN_DATASETS_CHECK_ANNOTATION_CHECKS_H_
#define MRSN_DATASETS_CHECK_ANNOTATION_CHECKS_H_

#include <map>
#include <string>

#include "datasets/check/report.h"
#include "datasets/dataset_layout.h"
#include "ops/base/timestamp.h"

namespace mrsn::datasets {

// The key frames that a data set wants of one video.
struct VideoUse {
  Timestamp first, last;  // seconds or frame numbers
  std::string last_file;  // which names the last key frame
  bool used = false;      // false: a list names the video, and no row does
};

// Findings go into `report`, and so does the report's `splits`. Returns the videos of all splits by name.
std::map<std::string, VideoUse> CheckAnnotations(const DatasetLayout& layout, CheckReport* report);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CHECK_ANNOTATION_CHECKS_H_

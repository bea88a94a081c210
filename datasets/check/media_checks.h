// Checks the videos of a data set: files and folders of frames.
#ifndef MRSN_DATASETS_CHECK_MEDIA_CHECKS_H_
#define MRSN_DATASETS_CHECK_MEDIA_CHECKS_H_

#include <map>
#include <string>

#include "datasets/check/annotation_checks.h"
#include "datasets/check/check_level.h"
#include "datasets/check/checked_videos.h"
#include "datasets/check/report.h"
#include "datasets/dataset_layout.h"

namespace mrsn::datasets {

// Findings about the videos of `uses`, `threads` at a time with a progress bar. With the level kFull the
// videos of `checked` are not looked at again, and each other one is kept there.
void CheckMedia(const DatasetLayout& layout, const std::map<std::string, VideoUse>& uses, CheckLevel level,
                int threads, const CheckedVideos& checked, CheckReport* report);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CHECK_MEDIA_CHECKS_H_

// Checks one video of a data set.
#ifndef MRSN_DATASETS_CHECK_VIDEO_CHECK_H_
#define MRSN_DATASETS_CHECK_VIDEO_CHECK_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "datasets/check/annotation_checks.h"
#include "datasets/check/check_level.h"
#include "datasets/check/report.h"
#include "datasets/dataset_layout.h"

namespace mrsn::datasets {

// What is known of one video after its check.
struct VideoFacts {
  std::vector<CheckFinding> findings;
  bool is_file = false, is_folder = false;
  int64_t frames = 0;         // 0 = not counted
  int width = 0, height = 0;  // 0 = not looked at
};

// The files <videos>/<name>.{mp4,mkv,webm,avi} that exist.
std::vector<std::string> VideoFilesOf(const DatasetLayout& layout, const std::string& name);

// How much of a video is looked at.
struct CheckEffort {
  bool decodes = true;  // files: every frame is decoded
  int64_t images = 0;   // of a folder, whose headers and ends are looked at
};

// `frame_done` is called after each frame that is decoded, and after each image that is looked at.
VideoFacts CheckVideo(const DatasetLayout& layout, const std::string& name, const VideoUse& use,
                      CheckEffort effort, const std::function<void()>& frame_done);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_CHECK_VIDEO_CHECK_H_

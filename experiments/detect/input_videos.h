// The videos that --video names: a file, a folder, or a pattern.
#ifndef MRSN_EXPERIMENTS_DETECT_INPUT_VIDEOS_H_
#define MRSN_EXPERIMENTS_DETECT_INPUT_VIDEOS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace mrsn::experiments {

struct InputVideo {
  std::string name;  // of its output files and in their rows; no two videos have the same
  std::string path;
  bool live = false;  // a stream: path is its address or the camera's number (datasets/media/frame_stream.h)
};

// A file is one video, named without its extension. Of a folder all video files at any depth, and folders of
// images, named by their paths below it (datasets/media/media_files.h). A pattern with *, ? or [ that is no
// file itself: what fits, in order. A live stream is named by the last part of its address, or
// camera<number>. Errors: nothing is there or fits; two files would have one name. Whether a file can be read
// is not looked at.
absl::StatusOr<std::vector<InputVideo>> FindInputVideos(const std::string& argument);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_INPUT_VIDEOS_H_

// The error for a video file that cannot be opened.
#ifndef MRSN_DATASETS_VIDEO_NOT_A_VIDEO_H_
#define MRSN_DATASETS_VIDEO_NOT_A_VIDEO_H_

#include <string>

#include "absl/status/status.h"

namespace mrsn::datasets {

// InvalidArgument that says what the file is: "a.mp4: not a video FFmpeg can read: it is a web page (HTML)".
absl::Status NotAVideo(const std::string& path);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_NOT_A_VIDEO_H_

// Names of the images of a video's frames: patterns with one printf number.
#ifndef MRSN_DATASETS_MEDIA_FRAME_NAME_H_
#define MRSN_DATASETS_MEDIA_FRAME_NAME_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace mrsn::datasets {

// InvalidArgument unless the pattern is a FramePattern (datasets/video_media.h) that ends with .jpg, .jpeg or
// .png.
absl::Status CheckFrameName(const std::string& pattern);

// "{video}_%06d.jpg" for "clip" and 12 is "clip_000012.jpg".
std::string FrameFileName(const std::string& pattern, const std::string& video, int64_t number);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_MEDIA_FRAME_NAME_H_

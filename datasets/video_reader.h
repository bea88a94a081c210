// Decodes a whole video file into memory.
#ifndef MRSN_DATASETS_VIDEO_READER_H_
#define MRSN_DATASETS_VIDEO_READER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

// All frames of a video, 8-bit RGB (not OpenCV's BGR), rows from the top.
struct DecodedVideo {
  std::vector<cv::Mat> frames;  // CV_8UC3, all of one size, at least one
  int width = 0, height = 0;
  size_t bytes() const { return frames.size() * static_cast<size_t>(width) * height * 3; }
};

// For short videos; video/video_store.h reads the frames of a clip only. The error names the file: it cannot
// be opened, holds no frame, or breaks off (VideoIndex::IsCut).
absl::StatusOr<DecodedVideo> DecodeVideo(const std::string& path);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_READER_H_

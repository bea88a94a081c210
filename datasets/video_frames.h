// One view of a video's frames, whether it is a video file or a folder of images.
#ifndef MRSN_DATASETS_VIDEO_FRAMES_H_
#define MRSN_DATASETS_VIDEO_FRAMES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "datasets/video_reader.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

// Frames are numbered from 0; each is 8-bit RGB (CV_8UC3), rows from the top.
struct VideoFrames {
  int64_t count = 0;
  std::function<absl::StatusOr<cv::Mat>(int64_t number)> read;  // 0 <= number < count; not to be written to
};

// Image files <prefix>000001<extension>, <prefix>000002<extension>, ...
struct FrameFolder {
  std::string prefix;                        // with the folder: "frames/video/video_"
  std::string extension;                     // ".jpg"
  std::string PathOf(int64_t number) const;  // of frame 0 it is <prefix>000001<extension>
};

// A video stored as AVA's frames are: <folder>/<name of the folder>_%06d.jpg.
FrameFolder JpegFolder(const std::string& folder);

// The number of frames, if their numbers have no gap. Looks at O(log n) files only. With a gap the count may
// be too large; the missing frame is then an error when it is read.
int64_t CountFrames(const FrameFolder& folder);

// 8-bit RGB. The error for a missing, cut or unreadable file names the file.
absl::StatusOr<cv::Mat> ReadImage(const std::string& path);

VideoFrames FramesOf(std::shared_ptr<const DecodedVideo> video);
// Reads an image for each request and keeps none. `count` comes from CountFrames.
VideoFrames FramesOf(const FrameFolder& folder, int64_t count);

// The frames of a video file, decoded at once, or of a JpegFolder.
absl::StatusOr<VideoFrames> OpenFrames(const std::string& path);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_FRAMES_H_

// One view of a video's frames, whether it is a video file or a folder of images.
#ifndef MRSN_DATASETS_VIDEO_FRAMES_H_
#define MRSN_DATASETS_VIDEO_FRAMES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/video/video_store.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

// Frames are numbered from 0; each is 8-bit RGB (CV_8UC3), rows from the top, not to be written to. Any
// number of threads may read.
struct VideoFrames {
  int64_t count = 0;
  // The frames of some numbers below `count`, in any order; they may repeat. All are of one size, else it is
  // an error that names both.
  std::function<absl::StatusOr<std::vector<cv::Mat>>(const std::vector<int64_t>& numbers)> read;

  absl::StatusOr<cv::Mat> ReadOne(int64_t number) const;
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

// The frames of a video file, decoded when they are asked for. `store` must outlive them.
absl::StatusOr<VideoFrames> FramesOf(VideoStore& store, const std::string& path);
// Reads each image once for a request and keeps none. `count` comes from CountFrames.
VideoFrames FramesOf(const FrameFolder& folder, int64_t count);

// The frames of a video file or of a JpegFolder, with a store of their own.
absl::StatusOr<VideoFrames> OpenFrames(const std::string& path);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_FRAMES_H_

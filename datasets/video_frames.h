// One view of a video's frames, whether it is a video file or a folder of images.
#ifndef MRSN_DATASETS_VIDEO_FRAMES_H_
#define MRSN_DATASETS_VIDEO_FRAMES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/pixels/frame.h"
#include "datasets/video/video_store.h"
#include "datasets/video_media.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

// Frames are numbered from 0. Any number of threads may read.
struct VideoFrames {
  int64_t count = 0;
  VisitFrames visit;  // of numbers below `count`, in any order; they may repeat

  absl::StatusOr<std::vector<Frame>> Read(const std::vector<int64_t>& numbers) const {
    return CollectFrames(visit, numbers);
  }
  // 8-bit RGB (CV_8UC3), rows from the top, not to be written to.
  absl::StatusOr<cv::Mat> ReadOne(int64_t number) const;
};

// The error for a missing, cut or unreadable file names the file. Pixels are those of cv::imread, not turned.
absl::StatusOr<Frame> ReadFrame(const std::string& path);
// The same as 8-bit RGB (CV_8UC3).
absl::StatusOr<cv::Mat> ReadImage(const std::string& path);

// The frames of a video file, decoded when they are asked for. `store` must outlive them.
absl::StatusOr<VideoFrames> FramesOf(VideoStore& store, const std::string& path);
// Reads each image once for a request and keeps none. `count` comes from ListFolder.
VideoFrames FramesOf(const FrameFolder& folder, int64_t count);

// The frames of a video file, with a store of their own, or of a folder. NotFound: the folder has no image.
absl::StatusOr<VideoFrames> OpenFrames(const VideoMedia& media);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_FRAMES_H_

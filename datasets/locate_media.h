// Finds the frames of a data set's videos: video files or folders of images.
#ifndef MRSN_DATASETS_LOCATE_MEDIA_H_
#define MRSN_DATASETS_LOCATE_MEDIA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/video_media.h"

namespace mrsn::datasets {

struct MediaOptions {
  std::string frames = "frames";                // <frames>/<video>/ holds a video's images
  std::string frame_name = "{video}_%06d.jpg";  // FramePattern of an image
  int64_t first_frame = 1;                      // the number of a video's first image
  std::string videos = "videos";                // <videos>/<video>.mp4, .mkv, .webm or .avi is a video's file
};

// The media of every video, in order. A video that has images and a file is read from its images. `{video}`
// is the last part of a name with slashes. The folders are relative to `root`. Errors count the videos
// concerned and name the first: neither a folder nor a file; a folder without an image of this name (with the
// name of an entry that is there); numbers without an image between the first and the last.
absl::StatusOr<std::vector<VideoMedia>> LocateMedia(const std::string& root, const MediaOptions& options,
                                                    const std::vector<std::string>& videos);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_LOCATE_MEDIA_H_

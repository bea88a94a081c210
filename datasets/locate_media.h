// Finds the frames of a data set's videos: video files or folders of images.
#ifndef MRSN_DATASETS_LOCATE_MEDIA_H_
#define MRSN_DATASETS_LOCATE_MEDIA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/unreadable.h"
#include "datasets/video_media.h"

namespace mrsn::datasets {

struct MediaOptions {
  std::string frames = "frames";                // <frames>/<video>/ holds a video's images
  std::string frame_name = "{video}_%06d.jpg";  // FramePattern of an image
  int64_t first_frame = 1;                      // the number of a video's first image
  std::string videos = "videos";                // <videos>/<video>.mp4, .mkv, .webm or .avi is a video's file
};

struct LocatedMedia {
  std::vector<VideoMedia> videos;
  std::vector<FrameRanges> missing;  // of each video: frames from 0 to the last image that no image is
  std::vector<std::string> faults;   // kSkipAndCount: the messages of what kFail reports as errors
};

// The media of every video, in order. A video that has images and a file is read from its images. `{video}`
// is the last part of a name with slashes. The folders are relative to `root`. Faults count the videos
// concerned and name the first: neither a folder nor a file; a folder without an image of this name (with the
// name of an entry that is there); numbers without an image between the first and the last. With kFail they
// are errors. With kSkipAndCount a video without any frame is a folder of 0 images. Images with a number
// below `first_frame` are an error with both: every frame would be taken for another one.
absl::StatusOr<LocatedMedia> LocateMedia(const std::string& root, const MediaOptions& options,
                                         const std::vector<std::string>& videos,
                                         UnreadablePolicy policy = UnreadablePolicy::kFail);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_LOCATE_MEDIA_H_

// Finds the videos of a folder: video files, and folders of images.
#ifndef MRSN_DATASETS_MEDIA_MEDIA_FILES_H_
#define MRSN_DATASETS_MEDIA_MEDIA_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn::datasets {

// One video, stored as a file or as a folder of images.
struct MediaFile {
  std::string name;  // path below the root, without the extension of a file: "Diving/v_Diving_g01_c01"
  std::string path;
  bool folder = false;  // of images
};

// Video files by their extension: avi, mp4, mkv, webm, mov, m4v, mpg, mpeg. Upper case counts, too.
bool HasVideoExtension(absl::string_view path);

// All videos below `root`, at any depth, ordered by name. A folder that holds images is one video. Files and
// folders whose names begin with "." and folders of stored flow are left out. Two files that
// give one name, such as a.avi and a.mp4, are an error.
absl::StatusOr<std::vector<MediaFile>> ListVideos(const std::string& root);

// The videos of `names` among those of ListVideos(root), all if `names` is empty. Error: no video, or none of
// a name.
absl::StatusOr<std::vector<MediaFile>> ChooseVideos(const std::string& root,
                                                    const std::vector<std::string>& names);

// An image of a video, "v_000012.jpg".
struct FrameFile {
  int64_t number = 0;  // the digits at the end of its name: 12
  std::string name;    // without the folder
};

struct FrameListing {
  std::vector<FrameFile> frames;    // by number
  std::string prefix, extension;    // "v_" and ".jpg", the same for all frames
  std::vector<std::string> others;  // files that are no frames of this prefix and extension, in order
};

// The frames of a folder, from the folder's listing alone: no image is opened. Frames are the files
// <prefix><digits>.{jpg,jpeg,png}. If files differ in prefix or extension, the more frequent ones are frames.
absl::StatusOr<FrameListing> ListFrames(const std::string& folder);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_MEDIA_MEDIA_FILES_H_

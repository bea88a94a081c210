// Where the frames of a video lie: in a video file, or in a folder of images.
#ifndef MRSN_DATASETS_VIDEO_MEDIA_H_
#define MRSN_DATASETS_VIDEO_MEDIA_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mrsn::datasets {

// Image files of one video, numbered without a gap: <prefix>000001<extension>, <prefix>000002<extension>, ...
struct FrameFolder {
  std::string prefix;     // with the folder: "frames/video/video_"
  std::string extension;  // ".jpg"
  int digits = 6;         // a number is padded with zeros to so many digits
  int64_t first = 1;      // the number in the name of frame 0

  std::string PathOf(int64_t frame) const;  // frame 0 is <prefix>000001<extension>
};

// How a data set names the images of a folder: a pattern with one printf number ("%06d", "%d") and, if
// wanted, "{video}" for the name of the video: "{video}_%06d.jpg", "img_%05d.jpg".
class FramePattern {
 public:
  // InvalidArgument says what is wrong with the pattern and what is allowed.
  static absl::StatusOr<FramePattern> Parse(absl::string_view pattern);
  // The images of `video` in `folder`; `first` is the number of frame 0.
  FrameFolder In(const std::string& folder, absl::string_view video, int64_t first) const;

 private:
  std::string before_, after_;  // the number; both without a slash
  int digits_ = 0;
};

// A video stored as AVA's frames are: <folder>/<name of the folder>_%06d.jpg.
FrameFolder JpegFolder(const std::string& folder);

// Frames from `first` to `last`, both included.
struct FrameRange {
  int64_t first = 0, last = 0;
};
// Ascending, and apart from each other.
using FrameRanges = std::vector<FrameRange>;

int64_t CountFrames(const FrameRanges& ranges);
bool HasFrame(const FrameRanges& ranges, int64_t frame);

// Whatever stands in a folder of images, by name.
struct FolderListing {
  int64_t frames = 0;        // the last number of an image minus `first` plus 1; 0 without images
  FrameRanges missing;       // frames from 0, below the last one, that no file is
  int64_t before_first = 0;  // images with a number below `first`
  int64_t lowest = 0;        // the smallest number of an image, if there is one
  int64_t others = 0;        // other entries, folders included
  std::string an_other;      // the first of these by name; an image if there is one
  bool other_is_image = false;
};

// Reads the directory once and opens no image. An error names a folder that is not there.
absl::StatusOr<FolderListing> ListFolder(const FrameFolder& images);

// The frames of one video.
struct VideoMedia {
  std::string path;                   // the video file, or the folder of images
  std::optional<FrameFolder> images;  // set if `path` is a folder
  int64_t count = 0;                  // images; 0 of a video file, whose frames are counted by decoding it
};

// The video file at `path`, or the JpegFolder there, which may have no image or lack some.
VideoMedia MediaAt(const std::string& path);

// <stem>.mp4, .mkv, .webm or .avi, else .MP4, .MKV, .WEBM or .AVI, the first of them that exists; "" if none
// does.
std::string FindVideoFile(const std::string& stem);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_MEDIA_H_

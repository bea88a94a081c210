// Reads a video's frames one after the other, with their times, in little memory.
#ifndef MRSN_DATASETS_MEDIA_FRAME_STREAM_H_
#define MRSN_DATASETS_MEDIA_FRAME_STREAM_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

// Whether `path` is no file but what OpenCV opens as a stream, which is read once: the number of a camera, or
// an address such as rtsp://door/1.
bool IsLiveStream(const std::string& path);

// A position in a video, before the first frame at the beginning. Not for use by two threads at once.
//
//   MRSN_ASSIGN_OR_RETURN(auto stream, FrameStream::Open("a.mp4", 30));
//   while (true) {
//     MRSN_ASSIGN_OR_RETURN(const bool more, stream->Advance());
//     if (!more) break;
//     if (stream->seconds() < 900) continue;  // a frame that is not asked for costs no conversion
//     MRSN_ASSIGN_OR_RETURN(cv::Mat bgr, stream->Frame());
//   }
class FrameStream {
 public:
  // A video file, a live stream, or a folder of images (media_files.h) of which `folder_rate` are shown in a
  // second. The error names the file: there is none, FFmpeg cannot read it, or the folder has no frame; or
  // the stream.
  static absl::StatusOr<std::unique_ptr<FrameStream>> Open(const std::string& path, double folder_rate);
  virtual ~FrameStream() = default;

  // Goes to the next frame; false behind the last one. Error: the video breaks off, which means that its
  // frames end before the length that its container states, less 1 % and two frames.
  virtual absl::StatusOr<bool> Advance() = 0;

  // The frame at the position, 8-bit BGR, rows from the top.
  virtual absl::StatusOr<cv::Mat> Frame() = 0;

  // When the first frame is shown, from the beginning of the stream: above 0 in files whose codec delays it.
  // 0 in folders.
  double start() const { return start_; }
  int64_t index() const { return index_; }     // of the frame at the position, from 0
  double seconds() const { return seconds_; }  // its time, from the time of the first frame
  double rate() const { return rate_; }        // frames a second as the file states; 0 = unknown
  int64_t stated() const { return stated_; }   // number of frames as the file states; 0 = unknown

 protected:
  int64_t index_ = -1, stated_ = 0;
  double start_ = 0, seconds_ = 0, rate_ = 0;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_MEDIA_FRAME_STREAM_H_

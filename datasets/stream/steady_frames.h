// The frames of a video at a constant rate, whatever the times of its own frames are.
#ifndef MRSN_DATASETS_STREAM_STEADY_FRAMES_H_
#define MRSN_DATASETS_STREAM_STEADY_FRAMES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/media/frame_stream.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

// A position in a video, before its first frame at the beginning. Frame k is that of the file whose time is
// nearest to k / rate, the earlier one of two; the last frame lasts for half an interval of the file. So the
// frames of a file with a constant rate, read at that rate, come as they are. (The rules of
// extract/frame_selector.h are those of ffmpeg, which takes up to half an interval of `rate` later ones.)
class SteadyFrames {
 public:
  // `path`: a video file, or a folder of images, which are shown at `rate`. `rate`: frames a second; a file
  // whose rate differs by no more than 1 % keeps its own. 0: the file's own rate. Errors as of FrameStream.
  static absl::StatusOr<std::unique_ptr<SteadyFrames>> Open(const std::string& path, double rate);

  // Goes to the next frame; false behind the last one. Errors name the video: it breaks off, a frame cannot
  // be decoded or has another size than the first one.
  absl::StatusOr<bool> Advance();

  int64_t position() const { return position_; }             // of the frame, from 0, at rate()
  int64_t index() const { return held_->index; }             // of the frame among the file's, from 0
  const cv::Mat& picture() const { return held_->picture; }  // 8-bit BGR; not to be written to

  double rate() const { return rate_; }            // frames a second that come out
  double file_rate() const { return file_rate_; }  // of the file
  // Of every frame; {0,0} before the first one.
  FrameSize frame_size() const { return frame_size_; }
  int64_t frames_read() const { return source_->index() + 1; }  // of the file, so far
  double stated_seconds() const;  // the video's length as the file states it; 0: it does not

 private:
  struct SourceFrame {
    int64_t index = 0;
    double seconds = 0;  // from the first frame's time
    cv::Mat picture;
  };

  SteadyFrames(std::unique_ptr<FrameStream> source, std::string path, double rate);
  absl::Status ReadFrame();
  int64_t CopiesUntil(double seconds) const;  // frames of rate_ up to a time that have not come yet

  const std::unique_ptr<FrameStream> source_;
  const std::string path_;
  const double file_rate_, rate_;
  FrameSize frame_size_;
  // How often a frame comes is known when the next one's time is.
  std::optional<SourceFrame> held_, next_;
  int64_t left_ = 0;  // how often held_ comes still
  int64_t position_ = -1;
  bool ended_ = false;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_STREAM_STEADY_FRAMES_H_

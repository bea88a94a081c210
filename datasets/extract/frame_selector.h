// Which frames of a video become the frames of another rate.
#ifndef MRSN_DATASETS_EXTRACT_FRAME_SELECTOR_H_
#define MRSN_DATASETS_EXTRACT_FRAME_SELECTOR_H_

#include <array>
#include <cstdint>
#include <vector>

namespace mrsn::datasets {

enum class FrameRule {
  // `ffmpeg -r <rate>`, with which the frames of AVA are made everywhere (PySlowFast, mmaction2, AlphAction).
  // Where the source has two thirds of the rate to all of it (20 to 30 for 30), output frame k is the first
  // source
  // frame whose time * rate, rounded, is k or more. At higher source rates the output lags by up to 1.5
  // frames.
  kFfmpegRate,
  // `ffmpeg -vf fps=<rate>`: output frame k is the last source frame whose time * rate, rounded, is k or
  // less.
  kNearest,
};

// Is told the times of the source's frames one after the other, and says how often each is written.
//
// kFfmpegRate is the arithmetic of FFmpeg 4 and 5 (do_video_out, "-vsync cfr"), compared frame by frame with
// the program 5.1 at source rates of 6, 10, 12, 15, 20, 23.976, 24, 25, 28, 29.97, 30, 50, 59.94 and 60.
class FrameSelector {
 public:
  // `rate`: output frames a second. `source_rate`: the source's, as its file states; 0 = unknown.
  FrameSelector(FrameRule rule, double rate, double source_rate);

  // How often to write the previous frame (first), then the one of this time (second). `seconds` is the
  // frame's time, from 0 for the first one on, never less than the one before.
  struct Copies {
    int64_t previous = 0, current = 0;
  };
  Copies Add(double seconds);

  // Behind the last frame: how often to write it once more. `end` is the time at which the last frame ends.
  int64_t Finish(double end);

  int64_t written() const { return next_; }

 private:
  Copies AddLikeFfmpeg(double seconds);

  const FrameRule rule_;
  const double rate_;
  double duration_;  // of a source frame, in output frames, as FFmpeg counts
  int64_t next_ = 0;
  bool first_ = true;
  std::array<int64_t, 3> last_previous_ = {0, 0, 0};
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_EXTRACT_FRAME_SELECTOR_H_

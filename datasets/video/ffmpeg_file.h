// FFmpeg's C interface behind a class: one video stream, packet by packet.
#ifndef MRSN_DATASETS_VIDEO_FFMPEG_FILE_H_
#define MRSN_DATASETS_VIDEO_FFMPEG_FILE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
}

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "datasets/pixels/frame.h"
#include "datasets/video/video_index.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

class FfmpegFile {
 public:
  static absl::StatusOr<std::unique_ptr<FfmpegFile>> Open(const std::string& path);
  ~FfmpegFile();
  FfmpegFile(const FfmpegFile&) = delete;
  FfmpegFile& operator=(const FfmpegFile&) = delete;

  // The next packet of the video stream that has data; nullptr behind the last one. It lives until the next
  // call.
  AVPacket* ReadPacket();
  int64_t empty_packets() const { return empty_packets_; }  // packets without data that ReadPacket passed by

  // Gives a packet to the decoder; nullptr says that none follows. `tag` comes back as AVFrame::pts of its
  // frame. With `only_references` the decoder may leave the packet's picture out if no other one refers to
  // it.
  void Decode(AVPacket* packet, int64_t tag, bool only_references);
  // The next decoded frame, nullptr if the decoder wants packets first. It lives until the next call.
  AVFrame* NextFrame();

  // Jumps to a packet at or before a time and empties the decoder. False if the file cannot.
  bool Seek(int64_t time);

  // A decoded frame, upright, with memory of its own.
  absl::StatusOr<Frame> Take(const AVFrame& frame);

  const AVStream& stream() const { return *format_->streams[stream_]; }
  absl::string_view extradata() const;
  // The time of each packet's frame is stored in the file, not guessed by FFmpeg.
  bool StoresTimes() const;
  double frame_rate() const;
  int64_t StatedFrames() const;  // 0 if the container states none

 private:
  FfmpegFile() = default;
  absl::Status OpenStream(const std::string& path);
  // The size of the picture that is converted.
  cv::Size ConvertedSize(const AVFrame& frame) const;
  // The frame's planes if Frame turns them into RGB as swscale does.
  std::optional<YuvPlanes> PlanesOf(const AVFrame& frame) const;
  absl::StatusOr<cv::Mat> ToRgb(const AVFrame& frame);

  AVFormatContext* format_ = nullptr;
  AVCodecContext* codec_ = nullptr;
  AVPacket* packet_ = nullptr;
  AVFrame* frame_ = nullptr;
  SwsContext* scaler_ = nullptr;
  int stream_ = -1;
  int quarter_turns_ = 0;  // clockwise, that show the picture upright
  int64_t empty_packets_ = 0;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_FFMPEG_FILE_H_

#include "datasets/video/ffmpeg_file.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>
#include <utility>
#include <vector>

extern "C" {
#include <libavutil/dict.h>
#include <libavutil/display.h>
#include <libavutil/log.h>
}

#include "absl/strings/str_cat.h"
#include "datasets/pixels/pixel_matrix.h"
#include "datasets/video/not_a_video.h"
#include "datasets/video/swscale_check.h"
#include "opencv2/core.hpp"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

// FFmpeg logs every broken packet to standard error; the Status says it once.
void SilenceFfmpeg() {
  static const bool done = [] {
    av_log_set_level(AV_LOG_QUIET);
    return true;
  }();
  static_cast<void>(done);
}

constexpr int kMostErrors = 1000;  // of one packet

// Clockwise quarter turns of the stream's display matrix; other angles are ignored.
int QuarterTurns(const AVStream* stream) {
  const uint8_t* matrix = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
  if (matrix == nullptr) return 0;
  int degrees =
      -static_cast<int>(std::lround(av_display_rotation_get(reinterpret_cast<const int32_t*>(matrix))));
  if (degrees < 0) degrees += 360;
  return degrees % 90 == 0 ? degrees / 90 % 4 : 0;
}

// FFmpeg decodes up to 20 frames to find sizes, formats and delays that headers do not state. Nobody sees
// their pixels.
bool FindStreamInfo(AVFormatContext* format) {
  std::vector<AVDictionary*> options(format->nb_streams, nullptr);
  for (unsigned i = 0; i < format->nb_streams; ++i) {
    if (format->streams[i]->codecpar->codec_type != AVMEDIA_TYPE_VIDEO) continue;
    av_dict_set(&options[i], "skip_idct", "all", 0);
    av_dict_set(&options[i], "skip_loop_filter", "all", 0);
  }
  const bool found = avformat_find_stream_info(format, options.data()) >= 0;
  for (AVDictionary*& of_stream : options) av_dict_free(&of_stream);
  return found;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FfmpegFile>> FfmpegFile::Open(const std::string& path) {
  SilenceFfmpeg();
  if (!FileExists(path)) return absl::NotFoundError(absl::StrCat(path, ": no such video"));
  std::unique_ptr<FfmpegFile> file(new FfmpegFile());
  MRSN_RETURN_IF_ERROR(file->OpenStream(path));
  return file;
}

absl::Status FfmpegFile::OpenStream(const std::string& path) {
  const auto unreadable = [&] { return NotAVideo(path); };
  // The prefix keeps FFmpeg from taking a name for a protocol or a list of images.
  if (avformat_open_input(&format_, absl::StrCat("file:", path).c_str(), nullptr, nullptr) < 0)
    return unreadable();
  if (!FindStreamInfo(format_)) return unreadable();
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    AVStream* stream = format_->streams[i];
    const bool first = stream_ < 0 && stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
    if (first) stream_ = static_cast<int>(i);
    if (!first) stream->discard = AVDISCARD_ALL;
  }
  if (stream_ < 0) return unreadable();
  const AVCodec* decoder = avcodec_find_decoder(stream().codecpar->codec_id);
  if (decoder == nullptr) return unreadable();
  codec_ = avcodec_alloc_context3(decoder);
  packet_ = av_packet_alloc();
  frame_ = av_frame_alloc();
  if (codec_ == nullptr || packet_ == nullptr || frame_ == nullptr) throw std::bad_alloc();
  if (avcodec_parameters_to_context(codec_, stream().codecpar) < 0) return unreadable();
  codec_->thread_count = 1;  // videos are decoded side by side instead
  if (avcodec_open2(codec_, decoder, nullptr) < 0) return unreadable();
  quarter_turns_ = QuarterTurns(&stream());
  return absl::OkStatus();
}

FfmpegFile::~FfmpegFile() {
  sws_freeContext(scaler_);
  av_frame_free(&frame_);
  av_packet_free(&packet_);
  avcodec_free_context(&codec_);
  avformat_close_input(&format_);
}

AVPacket* FfmpegFile::ReadPacket() {
  while (true) {
    av_packet_unref(packet_);
    if (av_read_frame(format_, packet_) < 0) return nullptr;
    if (packet_->stream_index != stream_) continue;
    if (packet_->size > 0) return packet_;
    ++empty_packets_;
  }
}

void FfmpegFile::Decode(AVPacket* packet, int64_t tag, bool only_references) {
  codec_->skip_frame = only_references ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
  if (packet != nullptr) packet->pts = packet->dts = tag;
  // A broken packet is an error here and gives no frame; decoding goes on behind it.
  static_cast<void>(avcodec_send_packet(codec_, packet));
}

AVFrame* FfmpegFile::NextFrame() {
  for (int errors = 0; errors < kMostErrors; ++errors) {
    const int result = avcodec_receive_frame(codec_, frame_);
    if (result == 0) return frame_;
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) break;
  }
  return nullptr;
}

bool FfmpegFile::Seek(int64_t time) {
  avcodec_flush_buffers(codec_);
  return av_seek_frame(format_, stream_, time, AVSEEK_FLAG_BACKWARD) >= 0;
}

cv::Size FfmpegFile::ConvertedSize(const AVFrame& frame) const {
  // The coded size, which may be larger than the picture's: so OpenCV does, whose pixels ours equal.
  return {std::max(codec_->coded_width, frame.width), std::max(codec_->coded_height, frame.height)};
}

std::optional<YuvPlanes> FfmpegFile::PlanesOf(const AVFrame& frame) const {
  const bool full = frame.format == AV_PIX_FMT_YUVJ420P;
  const LumaRange range = full ? LumaRange::kFull : LumaRange::kLimited;
  // swscale converts pictures of odd height by another rule.
  const bool odd = frame.width % 2 != 0 || frame.height % 2 != 0 || ConvertedSize(frame).height % 2 != 0;
  if ((!full && frame.format != AV_PIX_FMT_YUV420P) || odd || quarter_turns_ != 0) return std::nullopt;
  if (!FramesConvertAsSwscale(range)) return std::nullopt;
  return YuvPlanes{frame.width,       frame.height,      range,
                   frame.data[0],     frame.data[1],     frame.data[2],
                   frame.linesize[0], frame.linesize[1], frame.linesize[2]};
}

absl::StatusOr<Frame> FfmpegFile::Take(const AVFrame& frame) {
  try {
    if (const auto planes = PlanesOf(frame); planes.has_value()) return Frame(*planes);
    MRSN_ASSIGN_OR_RETURN(cv::Mat rgb, ToRgb(frame));
    return Frame(std::move(rgb));
  } catch (const std::exception&) {  // of OpenCV or of the allocator
    return absl::ResourceExhaustedError("a frame does not fit into memory");
  }
}

absl::StatusOr<cv::Mat> FfmpegFile::ToRgb(const AVFrame& frame) {
  const auto [width, height] = ConvertedSize(frame);
  const auto format = static_cast<AVPixelFormat>(frame.format);
  scaler_ = sws_getCachedContext(scaler_, width, height, format, width, height, AV_PIX_FMT_RGB24, SWS_BICUBIC,
                                 nullptr, nullptr, nullptr);
  if (scaler_ == nullptr) return absl::InvalidArgumentError("frames of a colour format without conversion");
  const cv::Mat whole =
      NewPixels(height, (width + 31) / 32 * 32, CV_8UC3);  // rows aligned for the conversion
  uint8_t* to[4] = {whole.data, nullptr, nullptr, nullptr};
  const int step[4] = {static_cast<int>(whole.step[0]), 0, 0, 0};
  sws_scale(scaler_, frame.data, frame.linesize, 0, height, to, step);
  const cv::Mat picture = whole(cv::Rect(0, 0, frame.width, frame.height));
  if (quarter_turns_ == 0) return picture;
  cv::Mat turned;
  cv::rotate(picture, turned, quarter_turns_ - 1);  // ROTATE_90_CLOCKWISE is 0
  return turned;
}

absl::string_view FfmpegFile::extradata() const {
  const AVCodecParameters& parameters = *stream().codecpar;
  return {reinterpret_cast<const char*>(parameters.extradata),
          static_cast<size_t>(parameters.extradata_size)};
}

bool FfmpegFile::StoresTimes() const {
  const absl::string_view name = format_->iformat->name;
  return name != "avi" && (format_->iformat->flags & (AVFMT_NOTIMESTAMPS | AVFMT_GENERIC_INDEX)) == 0;
}

double FfmpegFile::frame_rate() const {
  const AVRational rate = stream().avg_frame_rate;
  return rate.den == 0 ? 0 : av_q2d(rate);
}

int64_t FfmpegFile::StatedFrames() const {
  if (stream().nb_frames > 0) return stream().nb_frames;
  if (!StoresTimes() || format_->duration <= 0 || frame_rate() <= 0) return 0;
  return static_cast<int64_t>(static_cast<double>(format_->duration) / AV_TIME_BASE * frame_rate() + 0.5);
}

}  // namespace mrsn::datasets

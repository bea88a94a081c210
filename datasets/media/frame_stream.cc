#include "datasets/media/frame_stream.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "datasets/media/media_files.h"
#include "datasets/stated_length.h"
#include "datasets/video/not_a_video.h"
#include "datasets/video_frames.h"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {
namespace {

// Raw streams state absurd rates, such as 1,200,000 frames a second.
constexpr double kHighestRate = 1000;
constexpr double kLatestStart = 1;  // seconds; later ones are broken stamps
constexpr double kUsualRate = 25;   // of a file that states neither rate nor times

class VideoFileStream : public FrameStream {
 public:
  absl::Status OpenFile(const std::string& path) {
    path_ = path;
    int camera = 0;
    const bool is_camera = IsLiveStream(path) && absl::SimpleAtoi(path, &camera);
    try {
      if (!(is_camera ? capture_.open(camera, cv::CAP_V4L2) : capture_.open(path, cv::CAP_FFMPEG))) {
        if (is_camera) return absl::NotFoundError(absl::StrCat("camera ", path, ": cannot be opened"));
        if (IsLiveStream(path)) return absl::NotFoundError(absl::StrCat(path, ": no stream could be opened"));
        return NotAVideo(path);
      }
    } catch (const cv::Exception& error) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", error.err));
    }
    // OpenCV 4.6 turns pictures the wrong way round; turned here, they are those of video/video_decoder.h.
    capture_.set(cv::CAP_PROP_ORIENTATION_AUTO, 0);
    counterclockwise_turns_ =
        static_cast<int>(std::lround(capture_.get(cv::CAP_PROP_ORIENTATION_META) / 90)) & 3;
    const double rate = capture_.get(cv::CAP_PROP_FPS);
    if (rate > 0 && rate <= kHighestRate) rate_ = rate;
    const double stated = capture_.get(cv::CAP_PROP_FRAME_COUNT);
    if (rate_ > 0 && stated > 0 && stated < 1e9) stated_ = static_cast<int64_t>(stated);
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Advance() override {
    try {
      if (!capture_.grab()) return AtEnd();
    } catch (const cv::Exception& error) {
      return absl::InvalidArgumentError(absl::StrCat(path_, ": frame ", index_ + 1, ": ", error.err));
    }
    const double stamp = capture_.get(cv::CAP_PROP_POS_MSEC) / 1000;
    ++index_;
    if (index_ == 0) {
      first_stamp_ = stamp;
      if (std::isfinite(stamp) && stamp > 0 && stamp < kLatestStart) start_ = stamp;
      return true;
    }
    // Frames without a time of their own follow each other at the stated rate.
    const bool has_time = std::isfinite(stamp) && stamp - first_stamp_ > seconds_;
    seconds_ = has_time ? stamp - first_stamp_ : seconds_ + 1 / (rate_ > 0 ? rate_ : kUsualRate);
    return true;
  }

  absl::StatusOr<cv::Mat> Frame() override {
    cv::Mat bgr;
    try {
      if (!capture_.retrieve(bgr) || bgr.empty() || bgr.type() != CV_8UC3) {
        return absl::InvalidArgumentError(
            absl::StrCat(path_, ": frame ", index_, " cannot be read as 8-bit colour"));
      }
    } catch (const cv::Exception& error) {
      return absl::InvalidArgumentError(absl::StrCat(path_, ": frame ", index_, ": ", error.err));
    }
    if (counterclockwise_turns_ == 0) return bgr;
    cv::Mat turned;
    cv::rotate(bgr, turned, 3 - counterclockwise_turns_);  // ROTATE_90_COUNTERCLOCKWISE is 2
    return turned;
  }

 private:
  absl::StatusOr<bool> AtEnd() const {
    if (index_ < 0) return absl::InvalidArgumentError(absl::StrCat(path_, ": no frame could be decoded"));
    if (stated_ == 0) return false;
    // Frames left out in the middle leave a gap in the times, so the time of the last frame says where the
    // file ends.
    const int64_t reached = std::max<int64_t>(index_, std::llround(seconds_ * rate_)) + 1;
    if (reached + LengthSlack(stated_) < stated_) {
      return absl::DataLossError(
          absl::StrCat(path_, ": breaks off after ", reached, " of ", stated_, " frames"));
    }
    return false;
  }

  std::string path_;
  cv::VideoCapture capture_;
  double first_stamp_ = 0;
  int counterclockwise_turns_ = 0;  // quarter turns that show the picture upright
};

class FolderStream : public FrameStream {
 public:
  FolderStream(std::string path, FrameListing listing, double rate)
      : path_(std::move(path)), listing_(std::move(listing)) {
    rate_ = rate;
    stated_ = static_cast<int64_t>(listing_.frames.size());
  }

  absl::StatusOr<bool> Advance() override {
    if (index_ + 1 >= stated_) return false;
    ++index_;
    // A missing image leaves a gap in time: the others keep theirs.
    seconds_ = static_cast<double>(listing_.frames[index_].number - listing_.frames[0].number) / rate_;
    return true;
  }

  absl::StatusOr<cv::Mat> Frame() override {
    MRSN_ASSIGN_OR_RETURN(const cv::Mat rgb,
                          ReadImage(absl::StrCat(path_, "/", listing_.frames[index_].name)));
    cv::Mat bgr;
    cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
    return bgr;
  }

 private:
  const std::string path_;
  const FrameListing listing_;
};

}  // namespace

bool IsLiveStream(const std::string& path) {
  const bool digits = !path.empty() && path.find_first_not_of("0123456789") == std::string::npos;
  return digits || absl::StrContains(path, "://");
}

absl::StatusOr<std::unique_ptr<FrameStream>> FrameStream::Open(const std::string& path, double folder_rate) {
  ::setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", /*overwrite=*/0);  // FFmpeg logs every broken packet
  auto stream = std::make_unique<VideoFileStream>();
  if (IsLiveStream(path)) {
    MRSN_RETURN_IF_ERROR(stream->OpenFile(path));
    return stream;
  }
  if (!FileExists(path)) return absl::NotFoundError(absl::StrCat(path, ": no such video"));
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    if (!(folder_rate > 0)) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": the rate of a folder of frames is not known"));
    }
    MRSN_ASSIGN_OR_RETURN(FrameListing listing, ListFrames(path));
    if (listing.frames.empty()) return absl::NotFoundError(absl::StrCat(path, ": no frame in this folder"));
    return std::make_unique<FolderStream>(path, std::move(listing), folder_rate);
  }
  MRSN_RETURN_IF_ERROR(stream->OpenFile(path));
  return stream;
}

}  // namespace mrsn::datasets

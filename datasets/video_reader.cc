#include "datasets/video_reader.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"
#include "ops/base/file.h"

namespace mrsn::datasets {
namespace {

// FFmpeg logs every broken packet to standard error; the Status says it once.
void SilenceFfmpeg() {
  static const bool done = [] {
    ::setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", /*overwrite=*/0);
    return true;
  }();
  static_cast<void>(done);
}

absl::StatusOr<DecodedVideo> Decode(const std::string& path) {
  cv::VideoCapture capture;
  if (!capture.open(path, cv::CAP_FFMPEG)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a video FFmpeg can read"));
  }
  // The container's claim; negative or 0 when it makes none.
  const int64_t stated = static_cast<int64_t>(capture.get(cv::CAP_PROP_FRAME_COUNT));
  DecodedVideo video;
  cv::Mat bgr;
  while (capture.read(bgr)) {
    if (bgr.type() != CV_8UC3) return absl::InvalidArgumentError(absl::StrCat(path, ": not 8-bit colour"));
    if (video.frames.empty()) {
      video.width = bgr.cols;
      video.height = bgr.rows;
    } else if (bgr.cols != video.width || bgr.rows != video.height) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": frame ", video.frames.size(), " is ", bgr.cols,
                                                     "x", bgr.rows, ", the first one ", video.width, "x",
                                                     video.height));
    }
    cv::Mat rgb;
    cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
    video.frames.push_back(std::move(rgb));
  }
  if (video.frames.empty())
    return absl::InvalidArgumentError(absl::StrCat(path, ": no frame could be decoded"));
  // Encoders that drop a last frame or two state one too many; more than that is a cut file.
  const int64_t slack = 2 + stated / 100;
  if (stated > 0 && static_cast<int64_t>(video.frames.size()) + slack < stated) {
    return absl::DataLossError(
        absl::StrCat(path, ": breaks off after ", video.frames.size(), " of ", stated, " frames"));
  }
  return video;
}

}  // namespace

absl::StatusOr<DecodedVideo> DecodeVideo(const std::string& path) {
  SilenceFfmpeg();
  if (!FileExists(path)) return absl::NotFoundError(absl::StrCat(path, ": no such video"));
  try {  // OpenCV throws on what it cannot handle, e.g. absurd frame sizes
    return Decode(path);
  } catch (const cv::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", error.err));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": does not fit into memory when decoded"));
  }
}

absl::StatusOr<std::shared_ptr<const DecodedVideo>> VideoCache::Get(const std::string& path) {
  std::shared_ptr<Entry> entry;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    std::shared_ptr<Entry>& slot = entries_[path];
    if (slot == nullptr) {
      slot = std::make_shared<Entry>();
    } else if (slot->video != nullptr) {
      recency_.splice(recency_.begin(), recency_, slot->recency);
      return slot->video;
    }
    entry = slot;
  }
  // Order of locks: an entry's `decoding` before mutex_, never the other way round.
  std::lock_guard<std::mutex> decoding(entry->decoding);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (entry->video != nullptr) return entry->video;  // another thread was faster
  }
  absl::StatusOr<DecodedVideo> decoded = DecodeVideo(path);
  std::lock_guard<std::mutex> lock(mutex_);
  auto held = entries_.find(path);
  const bool current = held != entries_.end() && held->second == entry;
  if (!decoded.ok()) {
    if (current) entries_.erase(held);
    return decoded.status();
  }
  ++decodes_;
  auto video = std::make_shared<const DecodedVideo>(*std::move(decoded));
  if (!current) return video;
  if (video->bytes() > max_bytes_) {
    entries_.erase(held);
    return video;
  }
  entry->video = video;
  recency_.push_front(path);
  entry->recency = recency_.begin();
  bytes_ += video->bytes();
  while (bytes_ > max_bytes_) {
    auto oldest = entries_.find(recency_.back());
    bytes_ -= oldest->second->video->bytes();
    entries_.erase(oldest);
    recency_.pop_back();
  }
  return video;
}

size_t VideoCache::bytes() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return bytes_;
}

int64_t VideoCache::decodes() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return decodes_;
}

}  // namespace mrsn::datasets

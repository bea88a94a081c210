// Decodes video files into frames in memory.
#ifndef MRSN_DATASETS_VIDEO_READER_H_
#define MRSN_DATASETS_VIDEO_READER_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

// All frames of a video, 8-bit RGB (not OpenCV's BGR), rows from the top.
struct DecodedVideo {
  std::vector<cv::Mat> frames;  // CV_8UC3, all of one size, at least one
  int width = 0, height = 0;
  size_t bytes() const { return frames.size() * static_cast<size_t>(width) * height * 3; }
};

// Decodes from the first frame to the last, so that frame i is the i-th decoded one
// on every build of FFmpeg: seeking is not frame-exact in MPEG-4, and raw streams
// report a negative frame count. The error names the file: it cannot be opened, holds no frame, or breaks
// off (fewer frames than its container states).
absl::StatusOr<DecodedVideo> DecodeVideo(const std::string& path);

// Keeps the videos that were read last, up to a number of bytes. Thread-safe: two threads that ask for the
// same video at once decode it once. A video larger than the bound is decoded and returned, but not kept.
class VideoCache {
 public:
  explicit VideoCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  absl::StatusOr<std::shared_ptr<const DecodedVideo>> Get(const std::string& path);

  size_t bytes() const;     // of the kept videos
  int64_t decodes() const;  // number of decoded videos so far

 private:
  struct Entry {
    std::mutex decoding;  // held while this video is being decoded
    std::shared_ptr<const DecodedVideo> video;
    std::list<std::string>::iterator recency;
  };

  const size_t max_bytes_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Entry>> entries_;
  std::list<std::string> recency_;  // most recently used first
  size_t bytes_ = 0;
  int64_t decodes_ = 0;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_READER_H_

// Decodes chosen frames of one video file through FFmpeg's libraries.
#ifndef MRSN_DATASETS_VIDEO_VIDEO_DECODER_H_
#define MRSN_DATASETS_VIDEO_VIDEO_DECODER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/pixels/frame.h"
#include "datasets/video/video_index.h"

namespace mrsn::datasets {

// An open video file. Frame i is the i-th frame that comes out when the whole file is decoded, whatever was
// read before. Frames are equal bit for bit to those of OpenCV's cv::VideoCapture after cv::cvtColor, and
// upright: turned as the display matrix says and the program ffmpeg does. (OpenCV 4.6 turns quarter turns the
// other way, so that they stand on their heads.) One thread uses a decoder at a time.
class VideoDecoder {
 public:
  // The error names the file: it is missing, or FFmpeg finds no video in it.
  static absl::StatusOr<std::unique_ptr<VideoDecoder>> Open(const std::string& path);
  ~VideoDecoder();
  VideoDecoder(const VideoDecoder&) = delete;
  VideoDecoder& operator=(const VideoDecoder&) = delete;

  // Reads all packets once. The order of frames is derived from the packets where this is certain; otherwise,
  // and if `by_decoding`, all frames are decoded. The error names the file: no frame, or a file that breaks
  // off (VideoIndex::IsCut).
  absl::StatusOr<VideoIndex> MakeIndex(bool by_decoding = false);

  // Whether Read can go on to `frame` without a jump back, and how many packets lie between.
  // -1: it has to jump.
  int64_t PacketsTo(const VideoIndex& index, int64_t frame) const;

  // Gives the frames `numbers` (ascending, distinct, below index.frames()) to `take`, in order. Decoding
  // starts at the last start packet before the first of them, or goes on where the last call ended. Frames in
  // between to which no other frame refers are not decoded, and no unwanted frame is converted. Aborted:
  // packets and frames do not match `index`; some frames may have been given. A decoded index never gives
  // Aborted.
  using Take = std::function<void(int64_t number, Frame frame)>;
  absl::Status Read(const std::shared_ptr<const VideoIndex>& index, const std::vector<int64_t>& numbers,
                    const Take& take);

  const std::string& path() const;
  int64_t jumps() const;            // restarts at another packet, so far
  int64_t decoded_packets() const;  // given to the decoder by Read, so far

 private:
  struct Impl;
  explicit VideoDecoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_VIDEO_DECODER_H_

// Reads frames of many video files; decoders and frames are kept within bounds.
#ifndef MRSN_DATASETS_VIDEO_VIDEO_STORE_H_
#define MRSN_DATASETS_VIDEO_VIDEO_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/pixels/frame.h"
#include "datasets/video/video_decoder.h"
#include "datasets/video/video_index.h"

namespace mrsn::datasets {

// Gets frames one by one, each as soon as it is decoded: a frame that is used at once is still in the cache,
// and its memory serves for the next one. Frames come in no certain order. One may come a second time, and
// then the first one is void.
using TakeFrame = std::function<absl::Status(int64_t number, const Frame& frame)>;

// Gives the frames of some numbers, repeated ones once, to `take`. All are of one size, else it is an error
// that names both. After an error, of `take` too, some frames may have come.
using VisitFrames = std::function<absl::Status(const std::vector<int64_t>& numbers, const TakeFrame& take)>;

// The frames that `visit` gives, in the order of `numbers`.
absl::StatusOr<std::vector<Frame>> CollectFrames(const VisitFrames& visit,
                                                 const std::vector<int64_t>& numbers);

struct VideoStoreOptions {
  size_t frame_bytes = size_t{512} << 20;  // kept frames
  size_t index_bytes = size_t{128} << 20;  // kept indices: about 8 bytes a frame
  int idle_decoders = 16;                  // open files that nobody reads at the moment
};

// Thread-safe. A file is indexed once (VideoDecoder::MakeIndex) as long as its index is kept. Any number of
// threads may read one video: each borrows a decoder of its own, best one that stands shortly before the
// wanted frames. What was used longest ago is closed or dropped first.
class VideoStore {
 public:
  explicit VideoStore(const VideoStoreOptions& options = {}) : options_(options) {}

  // The frames of a file, and where they are. Errors are those of VideoDecoder; a failure is not remembered.
  absl::StatusOr<std::shared_ptr<const VideoIndex>> Index(const std::string& path);

  // The frames `numbers` (from 0, any order, may repeat), as VideoDecoder gives them.
  // OutOfRange: a number is not below the number of frames.
  absl::Status Visit(const std::string& path, const std::vector<int64_t>& numbers, const TakeFrame& take);
  absl::StatusOr<std::vector<Frame>> Read(const std::string& path, const std::vector<int64_t>& numbers);

  size_t frame_bytes() const;       // of the kept frames
  size_t index_bytes() const;       // of the kept indices
  int idle_decoders() const;        // open at the moment, not lent
  int64_t indexed() const;          // indices made so far
  int64_t decoded_frames() const;   // converted frames so far: not those that came from memory
  int64_t decoded_packets() const;  // packets that decoders were given for them

 private:
  using FrameKey = std::pair<std::string, int64_t>;
  struct KeptFrame {
    Frame frame;
    std::list<const FrameKey*>::iterator recency;
  };
  struct IndexEntry {
    std::mutex making;  // held while the index is made
    std::shared_ptr<const VideoIndex> index;
    std::list<std::string>::iterator recency;
  };

  // One file with a decoder that nobody else uses; makes the index if need be.
  absl::StatusOr<std::unique_ptr<VideoDecoder>> Borrow(const std::string& path, const VideoIndex* index,
                                                       int64_t frame);
  void GiveBack(std::unique_ptr<VideoDecoder> decoder);
  absl::StatusOr<std::shared_ptr<const VideoIndex>> MakeIndex(const std::string& path, bool by_decoding,
                                                              const VideoIndex* but_not);
  absl::Status Decode(const std::string& path, const std::shared_ptr<const VideoIndex>& index,
                      const std::vector<int64_t>& numbers, const TakeFrame& take);
  void Keep(const std::string& path, const std::map<int64_t, Frame>& frames);

  const VideoStoreOptions options_;
  mutable std::mutex mutex_;  // guards everything below; never held while a file is read
  std::map<FrameKey, KeptFrame> frames_;
  std::list<const FrameKey*> frame_recency_;  // most recently used first, as all lists here
  std::unordered_map<std::string, std::shared_ptr<IndexEntry>> indices_;
  std::list<std::string> index_recency_;
  std::list<std::unique_ptr<VideoDecoder>> idle_;
  size_t frame_bytes_ = 0, index_bytes_ = 0;
  int64_t indexed_ = 0, decoded_frames_ = 0, decoded_packets_ = 0;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_VIDEO_VIDEO_STORE_H_

#include "datasets/video_reader.h"

#include <numeric>
#include <utility>

#include "datasets/video/video_store.h"
#include "ops/base/status_macros.h"

namespace mrsn::datasets {

absl::StatusOr<DecodedVideo> DecodeVideo(const std::string& path) {
  VideoStoreOptions options;
  options.frame_bytes = 0;  // the result holds them
  VideoStore store(options);
  MRSN_ASSIGN_OR_RETURN(const auto index, store.Index(path));
  std::vector<int64_t> numbers(index->frames());
  std::iota(numbers.begin(), numbers.end(), 0);
  DecodedVideo video;
  MRSN_ASSIGN_OR_RETURN(std::vector<Frame> frames, store.Read(path, numbers));
  for (Frame& frame : frames) {
    video.frames.push_back(frame.Rgb());
    frame = Frame();  // its memory goes while that of RGB comes
  }
  video.width = video.frames[0].cols;
  video.height = video.frames[0].rows;
  return video;
}

}  // namespace mrsn::datasets

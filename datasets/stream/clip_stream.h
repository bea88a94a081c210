// The clips around the key frames of one video that is read once, from its beginning to its end.
//
//   MRSN_ASSIGN_OR_RETURN(auto clips, ClipStream::Open("a.mp4", options));
//   while (true) {
//     MRSN_ASSIGN_OR_RETURN(std::optional<StreamedClip> clip, clips->Next());
//     if (!clip.has_value()) break;
//     clips->PutPersons(Find(clip->picture), &clip->sample);
//   }
#ifndef MRSN_DATASETS_STREAM_CLIP_STREAM_H_
#define MRSN_DATASETS_STREAM_CLIP_STREAM_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/clip_sampler.h"
#include "datasets/dataset.h"
#include "datasets/stream/steady_frames.h"
#include "datasets/transform_options.h"
#include "datasets/transforms.h"
#include "opencv2/core.hpp"

namespace mrsn::datasets {

struct ClipStreamOptions {
  ClipOptions clip;
  TransformOptions transform;
  // Frames a second that the model's clips are made of, as SteadyFrames reads a video; 0: the video's own.
  double rate = 0;
  double every = 1;  // seconds from one key frame to the next, at least one frame
};

struct StreamedClip {
  double seconds = 0;  // of the key frame: a multiple of `every`, from the first frame's time
  int64_t frame = 0;   // of the file, from 0: the key frame's
  cv::Mat picture;     // the key frame as the file has it, 8-bit BGR
  Sample sample;       // without persons; sample.keyframe is not set
};

// The first frame is the first key frame. Clips are cut out of steady frames, so that a clip always covers
// the same time. Of a video with the data set's rate they have the very bytes of ClipDataset's clips. Memory
// is that of one clip and of the pictures of the key frames within half a clip, whatever the video's length.
class ClipStream {
 public:
  // `path`: a video file. Errors name it: there is none, FFmpeg cannot read it; `every` is less than a frame.
  static absl::StatusOr<std::unique_ptr<ClipStream>> Open(const std::string& path,
                                                          const ClipStreamOptions& options);

  // The next key frame's clip; nothing behind the last one. Errors name the video: it breaks off, a frame
  // cannot be decoded or has another size than the first one.
  absl::StatusOr<std::optional<StreamedClip>> Next();

  // Sets the persons of a sample, whose boxes are normalised to the key frame, as ClipDataset::Load does.
  void PutPersons(std::vector<Actor> persons, Sample* sample) const;

  const SteadyFrames& frames() const { return *frames_; }  // for their rate and size
  // Key frames that the file's stated length gives; 0: it states none.
  int64_t stated_keyframes() const;
  size_t kept_frames() const { return kept_.size(); }  // at the moment, for tests of memory

 private:
  struct Pending {
    double seconds = 0;
    int64_t position = 0;  // of the key frame among the steady frames
    int64_t frame = 0;     // of the file
    cv::Mat picture;
  };

  ClipStream(std::unique_ptr<SteadyFrames> frames, const ClipStreamOptions& options);
  void TakeFrame();  // the one at the position of frames_
  bool IsReady(const Pending& pending) const;
  StreamedClip MakeClip(const Pending& pending) const;
  void DropOld();

  const std::unique_ptr<SteadyFrames> frames_;
  const ClipStreamOptions options_;
  ClipGeometry geometry_;
  std::deque<cv::Mat> kept_;   // steady frames as the model sees them, 8-bit RGB
  int64_t first_kept_ = 0;     // position of kept_.front()
  int64_t taken_ = 0;          // steady frames so far
  int64_t last_index_ = -1;    // of the file: the frame taken last
  int64_t next_keyframe_ = 0;  // number of the key frame that comes next
  std::deque<Pending> pending_;
  bool ended_ = false;
};

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_STREAM_CLIP_STREAM_H_

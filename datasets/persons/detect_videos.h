// Detects the persons of many videos and writes one list of boxes; a stopped run goes on where it was.
#ifndef MRSN_DATASETS_PERSONS_DETECT_VIDEOS_H_
#define MRSN_DATASETS_PERSONS_DETECT_VIDEOS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/media/media_files.h"
#include "datasets/persons/person_detector.h"
#include "opencv2/core/types.hpp"
#include "ops/base/timestamp.h"

namespace mrsn::datasets {

struct DetectOptions {
  // Seconds: key frames at the multiples of `every`, named by their second. The rows are AVA's
  // video,second,x1,y1,x2,y2,-1,score with normalised boxes.
  // Frames: every frame_step-th frame, named by its number from 1. The rows are UCF101-24's
  // video,frame,0,score,x1,y1,x2,y2 in pixels of a frame of `frame_size`.
  enum class Keyframes { kSeconds, kFrames };
  Keyframes keyframes = Keyframes::kSeconds;
  Timestamp every = 1;                               // seconds from a key frame to the next; above 0
  double first_second = 0;                           // the second that a video's first frame is
  std::optional<int> first_keyframe, last_keyframe;  // seconds; unset: the first and last of each video
  double frames_per_second = 30;                     // of folders of frames; files state their own
  int frame_step = 1;
  cv::Size frame_size = {320, 240};
  int threads = 1;
};

// What one video gave.
struct VideoDetections {
  std::string rows;
  int64_t keyframes = 0, boxes = 0;
  std::optional<Timestamp>
      last_keyframe_reached;  // second or frame number; unset: the video has no key frame
};

// The frame of second s is the one whose time is nearest to s - first_second after the first frame. Errors
// name the video: it cannot be read, or breaks off. `frame_done` is called after each frame that was detected
// on.
absl::StatusOr<VideoDetections> DetectVideo(const MediaFile& video, const DetectOptions& options,
                                            PersonDetector& detector,
                                            const std::function<void()>& frame_done);

struct DetectReport {
  int64_t videos = 0, resumed = 0;       // `resumed` of the videos were detected by an earlier run
  int64_t boxes = 0;                     // of this run
  std::vector<std::string> failed;       // "<name>: <why>"
  std::vector<std::string> ended_early;  // videos that end before last_keyframe
};

// Detects on all videos, options.threads at a time, each thread with a detector of its own, and writes
// `output`. Rows of a video are kept in the folder <output>.parts until all are there, so that a stopped
// run goes on. `settings` names the detector; a folder of other settings or options is an error. So is an
// `output` that exists. If a video fails, `output` is written only with `skip_failed`; the parts stay.
absl::StatusOr<DetectReport> DetectVideos(
    const std::vector<MediaFile>& videos, const DetectOptions& options, const std::string& settings,
    const std::function<absl::StatusOr<std::unique_ptr<PersonDetector>>()>& make_detector,
    const std::string& output, bool skip_failed);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_PERSONS_DETECT_VIDEOS_H_

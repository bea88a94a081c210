// Writes the frames of videos as image files, which a data set reads without decoding whole videos.
#ifndef MRSN_DATASETS_EXTRACT_EXTRACT_FRAMES_H_
#define MRSN_DATASETS_EXTRACT_EXTRACT_FRAMES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/extract/frame_selector.h"
#include "datasets/media/media_files.h"

namespace mrsn::datasets {

struct ExtractOptions {
  double rate = 30;  // frames a second; 0 = every decoded frame, once
  FrameRule rule = FrameRule::kFfmpegRate;
  // The part of the video. Frames before first_second are left out, and times count from the first frame that
  // is not, as if the part were a file of its own ("ffmpeg -ss 900 -t 901").
  double first_second = 0;
  double seconds = 0;     // 0 = to the end
  int short_side = 0;     // pixels; 0 = as the video. Never enlarges.
  int jpeg_quality = 95;  // 1 to 100
  // A file's name: {video} is the last part of the video's name, %06d the frame's number.
  std::string frame_name = "{video}_%06d.jpg";
  int first_frame = 1;  // number of the first file
  int threads = 1;
};

struct ExtractReport {
  int64_t videos = 0, extracted = 0, complete = 0, frames = 0;
  std::vector<std::string> failed;  // "<name>: <why>"
  // Videos that end before first_second + seconds: "<name>: 700 frames, 901 s asked for".
  std::vector<std::string> shorter;
};

// Writes <output>/<name>/ for each of `videos`, options.threads at a time. A folder appears when it is
// complete. <output>/.extracted/<name>.txt says how it was made; a folder of the same settings, whose files
// have no hole, are as many as written, and whose last image can be read, is complete and stays. A damaged
// one is made again. A folder that was made by other settings, or not by this program, is a failure: it is
// never removed.
ExtractReport ExtractFrames(const std::vector<MediaFile>& videos, const ExtractOptions& options,
                            const std::string& output);

// One video, without looking at what is there. Returns the number of files. `shorter` as in ExtractReport.
absl::StatusOr<int64_t> ExtractVideo(const MediaFile& video, const ExtractOptions& options,
                                     const std::string& folder, const std::function<void()>& frame_done,
                                     bool* shorter);

}  // namespace mrsn::datasets

#endif  // MRSN_DATASETS_EXTRACT_EXTRACT_FRAMES_H_

// Shows what was found in a video: the video with its persons drawn, and a contact sheet.
#ifndef MRSN_EXPERIMENTS_DETECT_RENDER_VIDEO_H_
#define MRSN_EXPERIMENTS_DETECT_RENDER_VIDEO_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/detect/detected_video.h"
#include "experiments/detect/shown_persons.h"

namespace mrsn::experiments {

struct RenderOptions {
  std::string stem;   // <stem>.mp4 and <stem>.png are written; their folder exists
  std::string title;  // of the contact sheet
  std::vector<datasets::ActionClass> classes;
  ShownOptions shown;
  size_t sheet_frames = 24;  // of the contact sheet, at most
  bool relations = false;    // <stem>.relations.mp4 is written, too (relation_drawing.h)
};

// Reads the video a second time, from its file, in memory that does not grow with it, and shows a progress
// bar. The MP4 has the file's rate, constant, and its size without an odd last row or column; a video with a
// side below 240 pixels is enlarged by a whole number, so that letters fit in. Returns the codec: "H.264", or
// "MPEG-4" where FFmpeg has no encoder for the former. Errors name the file; a stop signal is one, too.
absl::StatusOr<std::string> RenderVideo(const DetectedVideo& video, const RenderOptions& options);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_RENDER_VIDEO_H_

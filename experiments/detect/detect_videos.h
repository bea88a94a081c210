// All videos of one call of the program, one after the other.
#ifndef MRSN_EXPERIMENTS_DETECT_DETECT_VIDEOS_H_
#define MRSN_EXPERIMENTS_DETECT_DETECT_VIDEOS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/persons/person_detector.h"
#include "experiments/detect/clip_scorer.h"
#include "experiments/detect/detect_video.h"
#include "experiments/detect/input_videos.h"
#include "experiments/detect/persons.h"
#include "experiments/detect/render_video.h"
#include "experiments/detect/video_bank.h"

namespace mrsn::experiments {

// Where the persons come from: a file, or without one a detector.
struct Persons {
  std::optional<PersonFile> file;
  std::unique_ptr<datasets::PersonDetector> detector;
  float score = 0;  // that a person's must exceed

  absl::StatusOr<std::unique_ptr<PersonFinder>> For(const std::string& video) const;
  // In words: "boxes.csv, score above 0.85"; `boxes` is the file's name.
  std::string Name(const std::string& boxes) const;
};

// What all videos share.
struct DetectJob {
  DetectVideoOptions detection;  // without a video and its output
  RenderOptions rendering;       // likewise; its title gets the video's name
  bool draw = true;              // the annotated video and the contact sheet
  std::string output;            // the folder to write to
  Persons persons;
  std::unique_ptr<ClipScorer> scorer;
  // For models that read a bank.
  VideoBankOptions bank;                    // without a video and a folder
  std::unique_ptr<ClipScorer> bank_writer;  // null: the model writes its bank itself
};

// Writes the files of each video and prints a line about it. A video that fails is named on standard error
// and does not stop the others; the error in the end names all of them. A stop signal ends the job.
absl::Status DetectVideos(const DetectJob& job, const std::vector<InputVideo>& videos);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_DETECT_VIDEOS_H_

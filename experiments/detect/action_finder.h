// Who does what at which second of a video: for programs that use this project as a library
// (examples/actions_of_a_video). The program //experiments:detect does more: relation banks, drawings, files.
//
//   ActionFinderOptions options;
//   options.experiment = "ava22/mrsn_s_r50";
//   options.checkpoint = "/weights/mrsn.safetensors";
//   MRSN_ASSIGN_OR_RETURN(const auto finder, ActionFinder::Make(options));
//   MRSN_ASSIGN_OR_RETURN(const std::vector<ActingKeyframe> keyframes, finder->Find("/videos/street.mp4"));
//   keyframes[0].persons[0].actions[0].name;  // "stand"
#ifndef MRSN_EXPERIMENTS_DETECT_ACTION_FINDER_H_
#define MRSN_EXPERIMENTS_DETECT_ACTION_FINDER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ops/base/box.h"

namespace mrsn::experiments {

struct ActionFinderOptions {
  // Whose model and clips: the name of an experiment of the tree, or the absolute path of a file of yours.
  std::string experiment;
  // The model's weights: a file of this project or of another framework, or "random:<seed>" to try things
  // out.
  std::string checkpoint;
  // A file that names the classes, one a line, or a label map; "": those of the experiment's data set.
  std::string class_list;
  // A network that finds persons, an ONNX file of YOLOX, YOLOv5 or YOLOv8; "": OpenCV's HOG detector, which
  // needs no file and misses most persons who do not stand upright.
  std::string person_model;
  float person_score = 0.5f;   // persons whose score is above this are scored, [0,1]
  double every = 1;            // seconds from one key frame to the next, above 0
  std::string device = "cpu";  // or "cuda", "cuda:<number>"
  int threads = 1;             // of one LibTorch operation
};

struct ScoredAction {
  std::string name;
  float score = 0;  // [0,1]
};

struct ActingPerson {
  Box box;                            // normalised to the frame
  int track = 0;                      // from 1; the same for one person in all key frames of a video
  std::vector<ScoredAction> actions;  // all evaluated classes, the most probable first
};

struct ActingKeyframe {
  double seconds = 0;  // from the video's first frame
  std::vector<ActingPerson> persons;
};

class ActionFinder {
 public:
  // Errors name the option or the file: an unknown experiment, weights that do not fit the model, a model
  // that reads a relation bank or optical flow, or finds persons itself.
  static absl::StatusOr<std::unique_ptr<ActionFinder>> Make(const ActionFinderOptions& options);
  virtual ~ActionFinder() = default;

  // Reads the video once and shows a progress bar on standard error. The key frames by time, also those
  // without persons. Errors name the video. Writes no file. One thread at a time.
  virtual absl::StatusOr<std::vector<ActingKeyframe>> Find(const std::string& video) = 0;
};

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_DETECT_ACTION_FINDER_H_

// Reads the files of an evaluation into an evaluator.
#ifndef MRSN_EVAL_LOAD_EVALUATION_H_
#define MRSN_EVAL_LOAD_EVALUATION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "eval/frame_map.h"
#include "eval/protocol.h"
#include "eval/tubes/linking.h"
#include "eval/tubes/video_map.h"
#include "ops/formats/class_lists.h"
#include "ops/formats/lines.h"
#include "ops/plausibility/plausibility.h"

namespace mrsn::eval {

struct EvaluationFiles {
  Dataset dataset = Dataset::kAva;
  Protocol protocol = Protocol::kOfficial2019;  // must be one of the data set's
  double iou_threshold = 0.5;
  std::string ground_truth;                   // AVA: CSV. UCF101-24: CSV, finalAnnots.mat or a YOWO folder
  std::string detections;                     // AVA: CSV. UCF101-24: CSV or a YOWO folder
  std::string label_map;                      // "" = `classes`
  std::vector<formats::ActionClass> classes;  // empty = AVA's 60 classes, UCF101-24's 24
  std::string excluded;                       // AVA: CSV of excluded keyframes; "" = none
  std::string videos;                         // UCF101-24: list of the videos that count; "" = all
  bool with_tubes = false;  // fill LoadedEvaluation::tubes; UCF101-24 with ground truth that has tubes
  LinkingOptions linking;   // of these
  int num_threads = 0;
};

// Without a label map: AVA's 60 evaluated classes, UCF101-24's 24.
std::vector<formats::ActionClass> DefaultClasses(Dataset dataset);

struct LoadedEvaluation {
  FrameMapEvaluator evaluator;
  std::vector<formats::Warning> warnings;
  std::vector<plausibility::Finding> findings;  // do the files belong together?
  plausibility::InCommon in_common;
  std::optional<VideoMapEvaluator> tubes;  // with the same rows
};

// Errors name the file, line and value.
absl::StatusOr<LoadedEvaluation> LoadEvaluation(const EvaluationFiles& files);

}  // namespace mrsn::eval

#endif  // MRSN_EVAL_LOAD_EVALUATION_H_

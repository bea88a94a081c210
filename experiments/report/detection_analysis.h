// Which errors a run's detections have: curves, kinds of errors, parts of the data, videos, key frames.
#ifndef MRSN_EXPERIMENTS_REPORT_DETECTION_ANALYSIS_H_
#define MRSN_EXPERIMENTS_REPORT_DETECTION_ANALYSIS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/analysis/error_breakdown.h"
#include "eval/analysis/frame_map_slices.h"
#include "eval/analysis/video_scores.h"
#include "eval/frame_map.h"
#include "ops/base/keyframe.h"
#include "ops/formats/annotation_box.h"

namespace mrsn::experiments {

// A person of a key frame with the actions.
struct LabelledPerson {
  formats::BoxD box;                                    // in the unit of the data set's files
  std::vector<std::pair<std::string, double>> actions;  // name and score, best first; 1 of annotated ones
};

struct WorstKeyframe {
  Keyframe keyframe;
  eval::VideoScore video;  // the one it comes from
  std::vector<LabelledPerson> annotated, found;
};

using CurvePoints = std::vector<std::pair<double, double>>;  // (recall, precision)

struct AnalysedClass {
  std::string name, kind;
  int64_t num_gt = 0;
  double ap = 0;  // 0..1
  CurvePoints curve;
  std::optional<eval::ErrorShares> errors;  // of 1 - ap
};

struct DetectionAnalysis {
  std::optional<double> frame_map;  // 0..1
  CurvePoints mean_curve;           // over all classes (MeanPrecision)
  std::vector<std::pair<std::string, CurvePoints>> kind_curves;
  std::vector<AnalysedClass> classes;  // those with ground truth, best first
  eval::ErrorBreakdown errors;
  std::vector<eval::Slice> by_box_size, by_number_of_actors;
  std::vector<eval::VideoScore> videos;        // worst first
  std::vector<WorstKeyframe> worst_keyframes;  // of the worst videos with ground truth, one of each
};

struct AnalysisOptions {
  int worst_keyframes = 6;
  // Of a key frame at most so many persons are kept, those with the best scores, each with so many actions.
  int most_persons = 8, most_actions = 3;
};

DetectionAnalysis AnalyseDetections(const eval::FrameMapEvaluator& evaluator, const AnalysisOptions& options);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_DETECTION_ANALYSIS_H_

#include "experiments/report/detection_analysis.h"

#include <algorithm>

#include "eval/analysis/precision_recall.h"

namespace mrsn::experiments {
namespace {

using eval::FrameMapEvaluator;
using eval::MatchedFrame;
using eval::MatchedFrames;

double BestScore(const LabelledPerson& person) { return person.actions.front().second; }

// The rows of one side of a key frame; rows of one box are one person.
std::vector<LabelledPerson> PersonsOf(const FrameMapEvaluator& evaluator, const formats::Row* const* rows,
                                      int count, const AnalysisOptions& options) {
  std::vector<LabelledPerson> persons;
  for (int r = 0; r < count; ++r) {
    const formats::Row& row = *rows[r];
    auto person = std::find_if(persons.begin(), persons.end(),
                               [&](const LabelledPerson& other) { return other.box == row.box; });
    if (person == persons.end()) person = persons.insert(persons.end(), LabelledPerson{row.box, {}});
    person->actions.emplace_back(evaluator.options().classes[row.class_id].name, row.score);
  }
  for (LabelledPerson& person : persons) {
    std::stable_sort(person.actions.begin(), person.actions.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (person.actions.size() > static_cast<size_t>(options.most_actions)) {
      person.actions.resize(options.most_actions);
    }
  }
  std::stable_sort(persons.begin(), persons.end(), [](const LabelledPerson& a, const LabelledPerson& b) {
    return BestScore(a) > BestScore(b);
  });
  if (persons.size() > static_cast<size_t>(options.most_persons)) persons.resize(options.most_persons);
  return persons;
}

std::vector<WorstKeyframe> WorstKeyframes(const FrameMapEvaluator& evaluator, const MatchedFrames& matched,
                                          const std::vector<eval::VideoScore>& videos,
                                          const AnalysisOptions& options) {
  // Whatever is annotated is shown, with all actions.
  AnalysisOptions all = options;
  all.most_actions = static_cast<int>(evaluator.options().classes.size());
  std::vector<WorstKeyframe> worst;
  for (const eval::VideoScore& video : videos) {
    if (worst.size() >= static_cast<size_t>(options.worst_keyframes)) break;
    if (!video.frame_map || video.worst_frame < 0) continue;
    const MatchedFrame& frame = matched.frames[video.worst_frame];
    const auto& entry = evaluator.keyframes().keyframes()[frame.keyframe];
    WorstKeyframe shown;
    shown.keyframe = {video.video, entry.timestamp};
    shown.video = video;
    shown.annotated = PersonsOf(evaluator, frame.ground_truth, frame.num_gt, all);
    shown.found = PersonsOf(evaluator, frame.detections, frame.num_detections, options);
    worst.push_back(std::move(shown));
  }
  return worst;
}

std::vector<AnalysedClass> AnalyseClasses(const eval::FrameMapResult& result, const MatchedFrames& matched,
                                          const eval::ErrorBreakdown& errors) {
  std::vector<AnalysedClass> classes;
  for (size_t c = 0; c < result.per_class.size(); ++c) {
    const eval::ClassResult& scored = result.per_class[c];
    if (scored.num_gt == 0) continue;
    classes.push_back({scored.name, scored.kind, scored.num_gt, scored.ap.value_or(0),
                       eval::PrecisionRecall(matched.classes[c]), errors.per_class[c]});
  }
  std::stable_sort(classes.begin(), classes.end(),
                   [](const AnalysedClass& a, const AnalysedClass& b) { return a.ap > b.ap; });
  return classes;
}

}  // namespace

DetectionAnalysis AnalyseDetections(const FrameMapEvaluator& evaluator, const AnalysisOptions& options) {
  const MatchedFrames matched = evaluator.Match();
  const eval::FrameMapResult result = evaluator.Summarize(matched);
  DetectionAnalysis analysis;
  analysis.frame_map = result.frame_map;
  analysis.errors = eval::BreakDownErrors(evaluator, matched);
  analysis.by_box_size = eval::ByBoxSize(evaluator, matched);
  analysis.by_number_of_actors = eval::ByNumberOfActors(evaluator, matched);
  std::vector<int> all;
  for (size_t c = 0; c < result.per_class.size(); ++c) all.push_back(static_cast<int>(c));
  analysis.mean_curve = eval::MeanPrecision(matched, all);
  for (const eval::KindResult& kind : result.by_kind) {
    std::vector<int> classes;
    for (const int c : all) {
      if (result.per_class[c].kind == kind.kind) classes.push_back(c);
    }
    CurvePoints curve = eval::MeanPrecision(matched, classes);
    if (!curve.empty()) analysis.kind_curves.emplace_back(kind.kind, std::move(curve));
  }
  analysis.classes = AnalyseClasses(result, matched, analysis.errors);
  analysis.videos = eval::ScoreVideos(evaluator, matched);
  analysis.worst_keyframes = WorstKeyframes(evaluator, matched, analysis.videos, options);
  return analysis;
}

}  // namespace mrsn::experiments

#include "experiments/report/training_section.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/report/run_folders.h"
#include "ops/base/file.h"
#include "ops/base/status_macros.h"

namespace mrsn::experiments {
namespace {

using Points = std::vector<std::pair<double, double>>;

struct Panel {
  const char* id;
  const char* caption;
  const char* axis;
  Points TrainingCurves::*points;
  bool smoothed, logarithmic;
};

constexpr int kWindows = 50;  // a smoothed curve's window is this part of the training

constexpr Panel kPanels[] = {
    {"loss-plot", "Loss, smoothed over a fiftieth of the training.", "loss", &TrainingCurves::loss, true,
     false},
    {"validation-plot", "frame-mAP of the validations during training.", "frame-mAP, %",
     &TrainingCurves::validation, false, false},
    {"gradient-plot", "Norm of all gradients before clipping, smoothed.", "norm of the gradients",
     &TrainingCurves::gradient_norm, true, true},
    {"rate-plot", "Learning rate.", "learning rate", &TrainingCurves::learning_rate, false, false},
};

}  // namespace

Points Smoothed(const Points& points, int window) {
  Points smoothed;
  double sum = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    sum += points[i].second;
    if (i >= static_cast<size_t>(window)) sum -= points[i - window].second;
    smoothed.emplace_back(points[i].first, sum / std::min<size_t>(i + 1, window));
  }
  return smoothed;
}

absl::StatusOr<Section> TrainingSection(const ResultSet& results, const std::string& runs_root) {
  std::vector<std::pair<std::string, TrainingCurves>> logs;
  std::string without;
  for (const ReportedExperiment& experiment : results.experiments) {
    TrainingCurves curves;
    const Result& first = experiment.runs.front().result;
    std::string folder;
    if (!runs_root.empty()) {
      MRSN_ASSIGN_OR_RETURN(folder, RunFolderOf(runs_root, first));
    }
    if (!folder.empty() && FileExists(folder + "/train.jsonl")) {
      MRSN_ASSIGN_OR_RETURN(curves, ReadTrainingLog(folder + "/train.jsonl"));
    } else {
      absl::StrAppend(&without, without.empty() ? "" : ", ", experiment.name);
      for (const ValidationScore& score : first.validation()) {
        curves.validation.emplace_back(score.iteration(), 100 * score.frame_map());
      }
    }
    if (curves.loss.empty() && curves.validation.empty()) continue;
    logs.emplace_back(absl::StrCat(experiment.name, " seed ", first.seed()), std::move(curves));
  }
  Section section{"training", "Training", {}};
  if (logs.empty()) return section;
  std::vector<Figure> figures;
  for (const Panel& panel : kPanels) {
    std::vector<Curve> curves;
    bool positive = true;
    for (const auto& [label, log] : logs) {
      const Points& points = log.*panel.points;
      if (points.empty()) continue;
      const int window = std::max<int>(1, static_cast<int>(points.size()) / kWindows);
      curves.push_back({label, panel.smoothed ? Smoothed(points, window) : points});
      for (const auto& [x, y] : curves.back().points) positive = positive && y > 0;
    }
    if (curves.empty()) continue;
    CurveAxes axes;
    axes.y_axis = panel.axis;
    axes.log_y = panel.logarithmic && positive;
    MRSN_ASSIGN_OR_RETURN(std::string svg, DrawCurves({panel.id, panel.caption, "iteration"}, axes, curves));
    figures.push_back({std::move(svg), panel.caption});
  }
  section.blocks.push_back(Pictures(std::move(figures)));
  section.blocks.push_back(Paragraph("The first seed of each experiment, from the log of its run."));
  if (!without.empty()) {
    section.blocks.push_back(
        Paragraph(absl::StrCat("No log with the weights of these results: ", without, ".")));
  }
  return section;
}

}  // namespace mrsn::experiments

// The sections of a report that need the detections of the runs.
#ifndef MRSN_EXPERIMENTS_REPORT_DETECTIONS_SECTION_H_
#define MRSN_EXPERIMENTS_REPORT_DETECTIONS_SECTION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/report/detection_analysis.h"
#include "experiments/report/document.h"
#include "experiments/report/result_set.h"
#include "experiments/report/sections.h"

namespace mrsn::experiments {

struct AnalysedRun {
  const ReportedExperiment* experiment = nullptr;
  const ReportedRun* run = nullptr;  // the first one whose detections are at hand
  DetectionAnalysis analysis;

  std::string Name() const;  // "micro/acre seed 0"
};

struct AnalysedResults {
  std::vector<AnalysedRun> runs;  // in the order of the experiments
  struct Missing {
    std::string experiment;
    std::string why;
  };
  std::vector<Missing> missing;  // experiments without detections, or with files that cannot be used

  // Null if the experiment's detections are missing.
  const AnalysedRun* Find(const ReportedExperiment& experiment) const;
  // The run of the focus, else the first one. There must be one.
  const AnalysedRun& Shown(const Viewpoint& view) const;
};

// Reads and analyses the detections of one run of each experiment; `results` must outlive the outcome.
AnalysedResults AnalyseResults(const ResultSet& results, const std::string& runs_root,
                               const AnalysisOptions& options, int threads);

// Precision-recall curves, kinds of errors, AP by size of box and number of persons. What is missing stands
// in a table with the command that makes it.
absl::StatusOr<Section> DetectionsSection(const AnalysedResults& analysed, const Viewpoint& view);

// Where the images of key frames come from.
struct ImageSources {
  std::string configs_root;  // folder of <experiment>.textproto
  std::string runs_root;     // folder of runs, which hold the experiments outside the tree; "" = none
  std::string data_root;     // "" = only generated data
  std::string cache_root;    // of generated data; "" = CacheFolder()
};

// AP of every video, and the worst key frames of the worst videos, of the focus if its detections are at
// hand, else of the first experiment with detections. A sentence says why there are no pictures, if so. No
// blocks without detections.
absl::StatusOr<Section> VideosSection(const AnalysedResults& analysed, const Viewpoint& view,
                                      const ImageSources& sources);

}  // namespace mrsn::experiments

#endif  // MRSN_EXPERIMENTS_REPORT_DETECTIONS_SECTION_H_

// Frame-mAP of a detection file and its analyses.
#include <cstdio>
#include <string>

#include "absl/flags/flag.h"
#include "eval/analysis/bootstrap.h"
#include "eval/analysis/curves.h"
#include "eval/analysis/report.h"
#include "eval/evaluation_flags.h"
#include "eval/load_evaluation.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, detections, "", "ava: CSV (.gz too). ucf24: CSV or a folder in YOWO's layout");
ABSL_FLAG(std::string, curves, "", "folder to write precision-recall curves to, as SVG (needs gnuplot)");
ABSL_FLAG(bool, details, true, "AP by box size and number of actors, and the error breakdown");

namespace mrsn::eval {
namespace {

constexpr char kUsage[] =
    "frame-mAP of action detections, under the protocol of your choice.\n\n"
    "  bazel run //eval:frame_map -- --dataset=ava --groundtruth=ava_val_v2.2.csv \\\n"
    "      --detections=results.csv --excluded=ava_val_excluded_timestamps_v2.2.csv --json=out.json\n"
    "  bazel run //eval:frame_map -- --dataset=ucf24 --groundtruth=finalAnnots.mat \\\n"
    "      --videos=testlist01.txt --detections=detections_folder --protocol=act --bootstrap=1000\n";

absl::Status Main() {
  MRSN_ASSIGN_OR_RETURN(EvaluationFiles files, FilesFromFlags());
  if (absl::GetFlag(FLAGS_detections).empty()) return WrongUsage("--detections is missing");
  files.detections = FlagPath(absl::GetFlag(FLAGS_detections));

  MRSN_ASSIGN_OR_RETURN(LoadedEvaluation loaded, LoadEvaluation(files));
  const FrameMapEvaluator& evaluator = loaded.evaluator;
  Report report;
  MRSN_RETURN_IF_ERROR(ReportWarnings(loaded));
  report.warnings = std::move(loaded.warnings);
  report.findings = std::move(loaded.findings);
  report.in_common = loaded.in_common;
  const MatchedFrames matched = evaluator.Match();
  report.result = evaluator.Summarize(matched);
  if (absl::GetFlag(FLAGS_details)) {
    report.by_box_size = ByBoxSize(evaluator, matched);
    report.by_number_of_actors = ByNumberOfActors(evaluator, matched);
    report.errors = BreakDownErrors(evaluator, matched);
  }
  const BootstrapOptions bootstrap = BootstrapFromFlags();
  if (bootstrap.samples > 0) {
    const Resampled resampled = Resample(evaluator, matched, EvaluatedVideos(evaluator, matched), bootstrap);
    report.bootstrap_samples = bootstrap.samples;
    report.confidence_interval = ConfidenceInterval95(resampled.frame_map);
    for (const auto& samples : resampled.per_class) {
      report.class_intervals.push_back(ConfidenceInterval95(samples));
    }
  }
  std::printf("%s", ToText(report).c_str());
  if (const std::string json = FlagPath(absl::GetFlag(FLAGS_json)); !json.empty()) {
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(json, ToJson(report)));
  }
  if (const std::string curves = FlagPath(absl::GetFlag(FLAGS_curves)); !curves.empty()) {
    MRSN_RETURN_IF_ERROR(WriteCurves(report.result, matched, curves));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::eval

int main(int argc, char** argv) { return mrsn::RunProgram(argc, argv, mrsn::eval::kUsage, mrsn::eval::Main); }

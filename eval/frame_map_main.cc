// Frame-mAP of a detection file: one number, and what explains it.
#include <cstdio>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "eval/bootstrap.h"
#include "eval/curves.h"
#include "eval/evaluation_flags.h"
#include "eval/load.h"
#include "eval/report.h"
#include "ops/base/file.h"

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

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "frame_map: %s\n", std::string(status.message()).c_str());
  return 1;
}

int Usage(const std::string& message) {
  std::fprintf(stderr, "frame_map: %s\nSee --help.\n", message.c_str());
  return 2;
}

int Run() {
  absl::StatusOr<EvaluationFiles> files = FilesFromFlags();
  if (!files.ok()) return Usage(std::string(files.status().message()));
  if (absl::GetFlag(FLAGS_detections).empty()) return Usage("--detections is missing");
  files->detections = FlagPath(absl::GetFlag(FLAGS_detections));

  absl::StatusOr<LoadedEvaluation> loaded = LoadEvaluation(*files);
  if (!loaded.ok()) return Fail(loaded.status());
  const FrameMapEvaluator& evaluator = loaded->evaluator;
  Report report;
  report.warnings = std::move(loaded->warnings);
  for (const Warning& warning : report.warnings) {
    std::fprintf(stderr, "warning: %s\n", ToString(warning).c_str());
  }
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
    if (const absl::Status status = WriteFileAtomically(json, ToJson(report)); !status.ok())
      return Fail(status);
  }
  if (const std::string curves = FlagPath(absl::GetFlag(FLAGS_curves)); !curves.empty()) {
    const absl::Status status = WriteCurves(report.result, matched, curves);
    if (!status.ok()) return Fail(status);
  }
  return 0;
}

}  // namespace
}  // namespace mrsn::eval

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(mrsn::eval::kUsage);
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) return mrsn::eval::Usage(absl::StrCat("unexpected argument '", rest[1], "'"));
  return mrsn::eval::Run();
}

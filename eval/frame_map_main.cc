// Frame-mAP of a detection file and its analyses.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "eval/analysis/bootstrap.h"
#include "eval/analysis/curves.h"
#include "eval/analysis/report.h"
#include "eval/evaluation_flags.h"
#include "eval/load_evaluation.h"
#include "eval/tubes/linking.h"
#include "eval/tubes/video_map.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/base/status_macros.h"

ABSL_FLAG(std::string, detections, "", "ava: CSV (.gz too). ucf24: CSV or a folder in YOWO's layout");
ABSL_FLAG(std::string, curves, "", "folder to write precision-recall curves to, as SVG (needs gnuplot)");
ABSL_FLAG(std::string, metric, "frame_map",
          "frame_map, or video_map: UCF101-24's detections linked into tubes, besides frame-mAP");
ABSL_FLAG(std::string, linking, "act",
          "video_map: rules and defaults of act or moc for the tubes' flags below");
ABSL_FLAG(double, link_iou, 0, "a box continues a tube at this IoU with its last box; 0 = act 0.2, moc 0.5");
ABSL_FLAG(int, end_after, 0, "a tube ends so many frames after its last box; 0 = act 5, moc 1");
ABSL_FLAG(double, frame_nms, 0,
          "IoU above which a frame keeps the better of two boxes; 0 = act 0.3, moc 0.6");
ABSL_FLAG(int, boxes_per_frame, 0, "boxes of a class that a frame keeps; 0 = 10");
ABSL_FLAG(double, tube_nms, 0, "IoU above which the better of two tubes stays; 0 = 0.3");
ABSL_FLAG(int, min_tube_length, 0, "shorter tubes are left out; 0 = 15");
ABSL_FLAG(double, min_tube_score, -1, "tubes of a smaller mean score are left out; -1 = act 0.01, moc 0.005");
ABSL_FLAG(bool, details, true, "AP by box size and number of actors, and the error breakdown");

namespace mrsn::eval {
namespace {

constexpr char kUsage[] =
    "frame-mAP of action detections, under the protocol of your choice.\n\n"
    "  bazel run //eval:frame_map -- --dataset=ava --groundtruth=ava_val_v2.2.csv \\\n"
    "      --detections=results.csv --excluded=ava_val_excluded_timestamps_v2.2.csv --json=out.json\n"
    "  bazel run //eval:frame_map -- --dataset=ucf24 --groundtruth=finalAnnots.mat \\\n"
    "      --videos=testlist01.txt --detections=detections_folder --protocol=act --bootstrap=1000\n"
    "  bazel run //eval:frame_map -- --dataset=ucf24 --metric=video_map --groundtruth=finalAnnots.mat \\\n"
    "      --videos=testlist01.txt --detections=detections.csv\n";

// --linking and the flags that change one of its values.
absl::StatusOr<LinkingOptions> LinkingFromFlags() {
  absl::StatusOr<LinkingOptions> options = LinkingOptionsOf(absl::GetFlag(FLAGS_linking));
  if (!options.ok()) return WrongUsage(options.status().message());
  const auto replace = [](auto value, auto* option, auto unset) {
    if (value != unset) *option = value;
  };
  replace(absl::GetFlag(FLAGS_link_iou), &options->link_overlap, 0.0);
  replace(absl::GetFlag(FLAGS_end_after), &options->end_after, 0);
  replace(absl::GetFlag(FLAGS_frame_nms), &options->frame_nms, 0.0);
  replace(absl::GetFlag(FLAGS_boxes_per_frame), &options->boxes_per_frame, 0);
  replace(absl::GetFlag(FLAGS_tube_nms), &options->tube_nms, 0.0);
  replace(absl::GetFlag(FLAGS_min_tube_length), &options->min_length, 0);
  replace(absl::GetFlag(FLAGS_min_tube_score), &options->min_score, -1.0);
  if (const absl::Status status = Validate(*options); !status.ok()) return WrongUsage(status.message());
  return options;
}

// The report of the frames, and the tubes' values beside it.
std::string JoinedJson(const Report& report, const std::optional<VideoMapResult>& video) {
  if (!video.has_value()) return ToJson(report);
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(ToJson(report));
  json["linking"] = absl::GetFlag(FLAGS_linking);
  json["tubes"] = nlohmann::ordered_json::parse(ToJson(*video));
  return json.dump(2) + "\n";
}

absl::Status Main() {
  MRSN_ASSIGN_OR_RETURN(EvaluationFiles files, FilesFromFlags());
  if (absl::GetFlag(FLAGS_detections).empty()) return WrongUsage("--detections is missing");
  files.detections = FlagPath(absl::GetFlag(FLAGS_detections));
  const std::string metric = absl::GetFlag(FLAGS_metric);
  if (metric != "frame_map" && metric != "video_map") {
    return WrongUsage(absl::StrCat("unknown --metric=", metric, "; there are frame_map, video_map"));
  }
  files.with_tubes = metric == "video_map";
  if (files.with_tubes && files.dataset != Dataset::kUcf24) {
    return WrongUsage("--metric=video_map needs --dataset=ucf24: AVA's keyframes are a second apart");
  }
  MRSN_ASSIGN_OR_RETURN(files.linking, LinkingFromFlags());

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
  std::optional<VideoMapResult> video;
  if (loaded.tubes.has_value()) {
    MRSN_ASSIGN_OR_RETURN(video, loaded.tubes->Compute());
  }
  std::printf("%s", ToText(report).c_str());
  if (video.has_value()) {
    std::printf("\ntubes (--linking=%s)\n%s", absl::GetFlag(FLAGS_linking).c_str(), ToText(*video).c_str());
  }
  if (const std::string json = FlagPath(absl::GetFlag(FLAGS_json)); !json.empty()) {
    MRSN_RETURN_IF_ERROR(WriteFileAtomically(json, JoinedJson(report, video)));
  }
  if (const std::string curves = FlagPath(absl::GetFlag(FLAGS_curves)); !curves.empty()) {
    MRSN_RETURN_IF_ERROR(WriteCurves(report.result, matched, curves));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace mrsn::eval

int main(int argc, char** argv) { return mrsn::RunProgram(argc, argv, mrsn::eval::kUsage, mrsn::eval::Main); }

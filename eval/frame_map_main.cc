// Frame-mAP of a detection file: one number, and what explains it.
#include <cstdio>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "eval/bootstrap.h"
#include "eval/curves.h"
#include "eval/load.h"
#include "eval/report.h"
#include "ops/base/file.h"

ABSL_FLAG(std::string, dataset, "ava", "ava or ucf24");
ABSL_FLAG(std::string, groundtruth, "",
          "ava: CSV (.gz too). ucf24: CSV, finalAnnots.mat, or a folder in YOWO's layout");
ABSL_FLAG(std::string, detections, "", "ava: CSV (.gz too). ucf24: CSV or a folder in YOWO's layout");
ABSL_FLAG(std::string, labelmap, "",
          "label map (.pbtxt); default: AVA's 60 evaluated classes, UCF101-24's 24");
ABSL_FLAG(std::string, excluded, "", "ava: CSV of excluded keyframes, video,timestamp");
ABSL_FLAG(std::string, videos, "", "ucf24: list of the videos that count, such as testlist01.txt");
ABSL_FLAG(std::string, protocol, "",
          "ava: official_2019 (default), official_2018, official_2020, pyslowfast, acar, mmaction2. "
          "ucf24: yowo (default), act, voc, voc11. eval/README.md tells them apart");
ABSL_FLAG(double, iou, 0.5, "a detection hits a box when their intersection over union is at least this");
ABSL_FLAG(int, bootstrap, 0, "resamplings of videos for the 95 % interval; 0 = none, 1000 is usual");
ABSL_FLAG(int, seed, 1, "of the bootstrap");
ABSL_FLAG(std::string, json, "", "file to write the whole result to");
ABSL_FLAG(std::string, curves, "", "folder to write precision-recall curves to, as SVG (needs gnuplot)");
ABSL_FLAG(bool, details, true, "AP by box size and number of actors, and the error breakdown");
ABSL_FLAG(int, threads, 0, "0 = one per core");

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
  EvaluationFiles files;
  const absl::StatusOr<Dataset> dataset = ParseDataset(absl::GetFlag(FLAGS_dataset));
  if (!dataset.ok()) return Usage(std::string(dataset.status().message()));
  files.dataset = *dataset;
  files.protocol = ProtocolsOf(*dataset).front();
  if (!absl::GetFlag(FLAGS_protocol).empty()) {
    const absl::StatusOr<Protocol> protocol = ParseProtocol(absl::GetFlag(FLAGS_protocol));
    if (!protocol.ok()) return Usage(std::string(protocol.status().message()));
    if (RulesOf(*protocol).dataset != *dataset) {
      return Usage(absl::StrCat("--protocol=", ProtocolName(*protocol),
                                " is not for --dataset=", DatasetName(*dataset)));
    }
    files.protocol = *protocol;
  }
  if (absl::GetFlag(FLAGS_groundtruth).empty()) return Usage("--groundtruth is missing");
  if (absl::GetFlag(FLAGS_detections).empty()) return Usage("--detections is missing");
  if (absl::GetFlag(FLAGS_bootstrap) < 0) return Usage("--bootstrap must not be negative");
  files.iou_threshold = absl::GetFlag(FLAGS_iou);
  if (!(files.iou_threshold > 0 && files.iou_threshold <= 1)) return Usage("--iou must be in (0, 1]");
  const auto path = [](const absl::Flag<std::string>& flag) {
    const std::string value = absl::GetFlag(flag);
    return value.empty() ? value : UserPath(value);
  };
  files.ground_truth = path(FLAGS_groundtruth);
  files.detections = path(FLAGS_detections);
  files.label_map = path(FLAGS_labelmap);
  files.excluded = path(FLAGS_excluded);
  files.videos = path(FLAGS_videos);
  files.num_threads = absl::GetFlag(FLAGS_threads);

  absl::StatusOr<LoadedEvaluation> loaded = LoadEvaluation(files);
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
  BootstrapOptions bootstrap;
  bootstrap.samples = absl::GetFlag(FLAGS_bootstrap);
  bootstrap.seed = absl::GetFlag(FLAGS_seed);
  bootstrap.num_threads = files.num_threads;
  if (bootstrap.samples > 0) {
    const Resampled resampled = Resample(evaluator, matched, EvaluatedVideos(evaluator, matched), bootstrap);
    report.bootstrap_samples = bootstrap.samples;
    report.confidence_interval = ConfidenceInterval95(resampled.frame_map);
    for (const auto& samples : resampled.per_class)
      report.class_intervals.push_back(ConfidenceInterval95(samples));
  }
  std::printf("%s", ToText(report).c_str());
  if (const std::string json = path(FLAGS_json); !json.empty()) {
    if (const absl::Status status = WriteFileAtomically(json, ToJson(report)); !status.ok())
      return Fail(status);
  }
  if (const std::string curves = path(FLAGS_curves); !curves.empty()) {
    if (const absl::Status status = WriteCurves(report.result, matched, curves); !status.ok())
      return Fail(status);
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

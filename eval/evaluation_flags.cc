#include "eval/evaluation_flags.h"

#include <cstdio>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ops/base/file.h"
#include "ops/base/program.h"
#include "ops/formats/row_checks.h"
#include "ops/plausibility/plausibility.h"

ABSL_FLAG(std::string, dataset, "ava", "ava or ucf24");
ABSL_FLAG(std::string, groundtruth, "",
          "ava: CSV (.gz too). ucf24: CSV, finalAnnots.mat, or a folder in YOWO's layout");
ABSL_FLAG(std::string, labelmap, "",
          "label map (.pbtxt); default: AVA's 60 evaluated classes, UCF101-24's 24");
ABSL_FLAG(std::string, excluded, "", "ava: CSV of excluded keyframes, video,timestamp");
ABSL_FLAG(std::string, videos, "", "ucf24: list of the videos that count, such as testlist01.txt");
ABSL_FLAG(std::string, protocol, "",
          "ava: official_2019 (default), official_2018, official_2020, pyslowfast, acar, mmaction2. "
          "ucf24: yowo (default), act, voc, voc11. eval/README.md tells them apart");
ABSL_FLAG(double, iou, 0.5, "a detection hits a box when their intersection over union is at least this");
ABSL_FLAG(int, bootstrap, 0, "resamplings of videos for 95 % intervals; 0 = none, 1000 is usual");
ABSL_FLAG(int, seed, 1, "of the bootstrap");
ABSL_FLAG(std::string, json, "", "file to write the whole result to");
ABSL_FLAG(int, threads, 0, "0 = one per core");
ABSL_FLAG(bool, strict, false, "a file that looks wrong is an error, not a warning");

namespace mrsn::eval {
namespace {

bool IsUsual(const formats::Warning& warning) {
  for (const char* usual :
       {formats::kBlankLine, formats::kByteOrderMark, formats::kDuplicate, formats::kUnknownClass}) {
    if (warning.what == usual) return true;
  }
  return false;
}

}  // namespace

std::string FlagPath(const std::string& value) { return value.empty() ? value : UserPath(value); }

absl::StatusOr<EvaluationFiles> FilesFromFlags() {
  EvaluationFiles files;
  const auto dataset = ParseDataset(absl::GetFlag(FLAGS_dataset));
  if (!dataset.ok()) return WrongUsage(dataset.status().message());
  files.dataset = *dataset;
  files.protocol = ProtocolsOf(files.dataset).front();
  if (!absl::GetFlag(FLAGS_protocol).empty()) {
    const auto protocol = ParseProtocol(absl::GetFlag(FLAGS_protocol));
    if (!protocol.ok()) return WrongUsage(protocol.status().message());
    files.protocol = *protocol;
    if (RulesOf(files.protocol).dataset != files.dataset) {
      return WrongUsage(absl::StrCat("--protocol=", ProtocolName(files.protocol),
                                     " is not for --dataset=", DatasetName(files.dataset)));
    }
  }
  if (absl::GetFlag(FLAGS_groundtruth).empty()) return WrongUsage("--groundtruth is missing");
  if (absl::GetFlag(FLAGS_bootstrap) < 0) return WrongUsage("--bootstrap must not be negative");
  files.iou_threshold = absl::GetFlag(FLAGS_iou);
  if (!(files.iou_threshold > 0 && files.iou_threshold <= 1)) {
    return WrongUsage("--iou must be in (0, 1]");
  }
  files.ground_truth = FlagPath(absl::GetFlag(FLAGS_groundtruth));
  files.label_map = FlagPath(absl::GetFlag(FLAGS_labelmap));
  files.excluded = FlagPath(absl::GetFlag(FLAGS_excluded));
  files.videos = FlagPath(absl::GetFlag(FLAGS_videos));
  files.num_threads = absl::GetFlag(FLAGS_threads);
  return files;
}

absl::Status ReportWarnings(const LoadedEvaluation& loaded) {
  std::vector<std::string> all, grave;
  for (const formats::Warning& warning : loaded.warnings) {
    all.push_back(ToString(warning));
    if (!IsUsual(warning)) grave.push_back(all.back());
  }
  for (const plausibility::Finding& finding : loaded.findings) {
    all.push_back(plausibility::ToString(finding));
    if (finding.severity != plausibility::Severity::kNote) grave.push_back(all.back());
  }
  if (absl::GetFlag(FLAGS_strict) && !grave.empty()) {
    return absl::FailedPreconditionError(absl::StrJoin(grave, "\nerror: "));
  }
  for (const std::string& text : all) std::fprintf(stderr, "warning: %s\n", text.c_str());
  return absl::OkStatus();
}

BootstrapOptions BootstrapFromFlags() {
  BootstrapOptions options;
  options.samples = absl::GetFlag(FLAGS_bootstrap);
  options.seed = absl::GetFlag(FLAGS_seed);
  options.num_threads = absl::GetFlag(FLAGS_threads);
  return options;
}

}  // namespace mrsn::eval
